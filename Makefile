# A thin face over CMake's presets (CMakePresets.json). Each target installs what it needs: tools/need says what and why.
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
export CTEST_OUTPUT_ON_FAILURE = 1

.PHONY: all demo test real bench fuzz lint asan install clean

all: build/build.ninja
	@cmake --build build --target tide -j $(JOBS)

build/build.ninja:
	@tools/need build test
	@cmake --preset dev >build.log 2>&1 || { cat build.log; rm -f build.log; exit 1; }
	@rm -f build.log

demo: all
	@tools/need demo
	@examples/demo/run.sh build

test: build/build.ninja
	@tools/need build test
	@cmake --build build -j $(JOBS)
	@ctest --test-dir build -j $(JOBS)

asan:
	@tools/need build test
	@cmake --preset asan >/dev/null
	@cmake --build build/asan --target units -j $(JOBS)
	@ctest --test-dir build/asan -j $(JOBS) -L unit

real: build/build.ninja
	@tools/need real
	@cmake --build build -j $(JOBS)
	@tests/real/run.sh build

bench:
	@tools/need build test bench
	@cmake --preset bench >/dev/null
	@cmake --build build/bench --target bench-squeue bench-qstat bench-qstat-json bench-condor-q bench-watch fake-ec2 ec2-tool nova-tool -j $(JOBS)
	@tests/bench/run.sh build/bench

fuzz:
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

lint:
	@tools/need lint
	@tools/lint

install: all
	@cmake --install build --prefix $(PREFIX)

clean:
	@rm -rf build
