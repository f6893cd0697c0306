#!/bin/bash
# tests/fuzz/run.sh [SECONDS] [NAME...]   builds the fuzz targets with clang and runs each for that long (60), beginning with
# the recordings, as many at a time as there are cores. What it learns is kept in build-fuzz/corpus; a crash is a failure, and
# its input is named.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# = 0 ] || shift
tools/need build fuzz
build=build-fuzz
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=clang++ -DTIDE_FUZZ=ON >/dev/null
cmake --build $build --target fuzz

seeds() { # NAME: the recordings, in the target's own form
  local name=$1 corpus=$build/corpus/$1 file
  mkdir -p "$corpus" "$build/crashes"
  case $name in
  fuzz_squeue)
    # Its first two bytes are the size of the pieces and whether the header is there.
    for file in tests/fixtures/slurm/*/*-squeue.txt; do { printf '\77\0'; cat "$file"; } >"$corpus/$(basename "$file")"; done
    ;;
  fuzz_qstat_json)
    # Two bytes: the size of the pieces; the form and a queue's limit.
    for file in tests/fixtures/openpbs/*/*-qstat-f*.json; do { printf '\77\376'; cat "$file"; } >"$corpus/$(basename "$file")"; done
    for file in tests/fixtures/openpbs/*/*-qstat-f.txt; do { printf '\77\377'; cat "$file"; } >"$corpus/$(basename "$file")"; done
    ;;
  fuzz_pbs_nodes)
    for file in tests/fixtures/openpbs/*/*-{pbsnodes-a,qstat-Bf,qstat-Qf}.json; do { printf '\0'; cat "$file"; } >"$corpus/$(basename "$file")"; done
    for file in tests/fixtures/openpbs/*/*-pbsnodes-a.txt; do { printf '\1'; cat "$file"; } >"$corpus/$(basename "$file")"; done
    ;;
  fuzz_qstat_xml)
    # Its first byte is the size of the pieces.
    for file in tests/fixtures/torque/*/*-qstat-x*.xml; do { printf '\77'; cat "$file"; } >"$corpus/$(basename "$file")"; done
    ;;
  fuzz_qstat_ge)
    # Its first byte is the size of the pieces; the hosts come behind the waiting jobs.
    for file in tests/fixtures/gridengine/*/*-waiting.xml; do
      { printf '\77'; cat "$file" "${file%-waiting.xml}-hosts.xml" 2>/dev/null; } >"$corpus/$(basename "$file")"
    done
    for file in tests/fixtures/gridengine/*/*-{details.xml,complexes.txt,pe-*.txt}; do
      { printf '\77'; cat "$file"; } >"$corpus/$(basename "$file")"
    done
    ;;
  fuzz_pbsnodes)
    cp tests/fixtures/torque/*/*-{pbsnodes-x.xml,qstat-Bf.txt,qstat-Qf.txt} "$corpus"
    ;;
  fuzz_condor_q)
    # Its first byte is the size of the pieces.
    for file in tests/fixtures/htcondor/*/*-jobs.txt; do { printf '\77'; cat "$file"; } >"$corpus/$(basename "$file")"; done
    ;;
  fuzz_condor_status) cp tests/fixtures/htcondor/*/*-{nodes,server}.txt "$corpus" ;;
  fuzz_condor_requirements)
    cut -f22 tests/fixtures/htcondor/*/*-jobs.txt | sort -u | grep . | split -l 1 - "$corpus/requirements-"
    ;;
  fuzz_show_node)
    cp tests/fixtures/slurm/*/*-{nodes,partitions,config}.txt "$corpus"
    ;;
  esac
}

fuzz() { # NAME
  local name=$1 rc=0
  seeds "$name"
  "$build/${name//_/-}" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$build/crashes/$name-" "$build/corpus/$name" 2>"$build/$name.log" || rc=1
  echo "== $name, $seconds s"
  grep -E '^(stat::number_of_executed_units|==.*ERROR|SUMMARY|.*Test unit written)' "$build/$name.log" || true
  return $rc
}

failed=0 running=0
for source in tests/fuzz/fuzz_*.cpp; do
  name=$(basename "$source" .cpp)
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  if [ $running -ge "$(nproc)" ]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
  fuzz "$name" &
  running=$((running + 1))
done
while [ $running -gt 0 ]; do
  wait -n || failed=1
  running=$((running - 1))
done
[ $failed = 0 ] || { echo "fuzz: a target failed: see $build/*.log and $build/crashes" >&2; exit 1; }
echo "fuzz: fine"
