// bench-condor-q write RECORDING JOBS: prints that many waiting jobs as condor_q of the recording does, one of its jobs
// under other IDs, and the schedd's totals. bench-condor-q read: reads such an output from a pipe as tide does, in
// constant memory. Exit 1 if not all jobs are counted.
#include <tide/batch/htcondor/queue_builder.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <cstdio>
#include <string>

#include <unistd.h>

namespace {

using namespace tide;

constexpr std::size_t k_piece = 1U << 20U;              // as the runner reads
constexpr std::string_view k_waits = "\t1\tundefined";  // JobStatus 1, no RemoteHost
constexpr std::int64_t k_cluster = 10'000;              // procs of one cluster

int fail(const std::string& why) {
  std::fprintf(stderr, "bench-condor-q: %s\n", why.c_str());
  return 1;
}

bool put(std::string_view text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size(); }

int write_jobs(const char* path, std::int64_t jobs) {
  const auto text = read_file(path);
  if (!text) return fail(text.error().message);
  const std::size_t at = text->find(k_waits);
  if (at == std::string::npos) return fail("the recording has no waiting job");
  const std::string rest = text->substr(at, text->find('\n', at) - at);
  for (std::int64_t i = 0; i < jobs; ++i) {
    if (!put(fmt::format("{}\t{}{}\n", i / k_cluster + 1, i % k_cluster, rest))) return 1;
  }
  for (const char* of : {"query", "all users"}) {
    if (of[0] == 'q' && !put("\n")) return 1;
    if (!put(fmt::format("Total for {}: {} jobs; 0 completed, 0 removed, {} idle, 0 running, 0 held, 0 suspended \n",
                         of, jobs, jobs)))
      return 1;
  }
  return put("\n") ? 0 : 1;
}

int read_jobs() {
  std::string buffer(k_piece, '\0');
  batch::htcondor::QueueBuilder builder({});
  builder.begin("");
  while (true) {
    const ssize_t got = ::read(0, buffer.data(), buffer.size());
    if (got < 0) return fail("cannot read");
    if (got == 0) break;
    if (auto fed = builder.feed(std::string_view(buffer.data(), static_cast<std::size_t>(got))); !fed)
      return fail(fed.error().message);
  }
  if (auto whole = builder.end(); !whole) return fail(whole.error().message);
  std::int64_t jobs = 0;
  for (const auto& group : builder.finish().waiting) jobs += group.count;
  std::printf("%lld waiting jobs\n", static_cast<long long>(jobs));
  return jobs > 0 ? 0 : fail("it counts no job");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "";
  if (how == "write" && argc > 3) return write_jobs(argv[2], parse_integer(argv[3]).value_or(0));
  if (how == "read") return read_jobs();
  return fail("usage: bench-condor-q write RECORDING JOBS | read");
}
