#include <tide/sim/story.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using namespace tide;

struct Options {
  std::uint64_t from = 1;
  std::uint64_t seeds = 200;
  bool verbose = false;
  bool probes = true;  // a campaign of one seed proves nothing about them
};

bool read_options(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--verbose") {
      options.verbose = true;
      continue;
    }
    if (i + 1 == count) return false;
    const std::uint64_t number = std::strtoull(words[++i], nullptr, 10);
    if (word == "--seeds") {
      options.seeds = number;
    } else if (word == "--from") {
      options.from = number;
    } else if (word == "--seed") {
      options.from = number;
      options.seeds = 1;
      options.probes = false;
    } else {
      return false;
    }
  }
  return true;
}

void print(const sim::SeedReport& report) {
  for (const std::string& line : report.log) fmt::print("{}\n", line);
  for (const std::string& line : report.violations) fmt::print("seed {}: {}\n", report.seed, line);
  if (!report.violations.empty())
    fmt::print("seed {}: replay with: sim-campaign --seed {} --verbose\n", report.seed, report.seed);
}

int missing_probes(const sim::Probes& probes) {
  int missing = 0;
  for (const auto& [probe, count] : probes.hits()) fmt::print("  {:6} {}\n", count, probe);
  for (const char* probe : sim::required_probes()) {
    if (probes.count(probe) > 0) continue;
    fmt::print("probe '{}' never fired\n", probe);
    ++missing;
  }
  return missing;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (!read_options(count, words, options)) {
    fmt::print(stderr, "usage: sim-campaign [--seeds N] [--from SEED] [--seed SEED] [--verbose]\n");
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  sim::Probes probes;
  int failed = 0;
  std::int64_t passes = 0;
  for (std::uint64_t seed = options.from; seed < options.from + options.seeds; ++seed) {
    const sim::SeedReport report = sim::run_seed(seed, options.verbose);
    print(report);
    probes.add(report.probes);
    passes += report.passes;
    if (!report.violations.empty()) ++failed;
  }
  const int missing = options.probes ? missing_probes(probes) : 0;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  fmt::print("{} seeds, {} passes, {} failed, {} probes missing, {} ms\n", options.seeds, passes, failed, missing,
             took.count());
  return failed == 0 && missing == 0 ? 0 : 1;
}
