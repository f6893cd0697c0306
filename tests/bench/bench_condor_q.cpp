// bench-condor-q: queue_pipe.hpp with condor_q. What is written are procs of one of the recording's waiting jobs, and
// the schedd's totals.
#include "queue_pipe.hpp"

#include <tide/batch/htcondor/queue_builder.hpp>

namespace {

using namespace tide;
using bench::put;

constexpr std::string_view k_waits = "\t1\tundefined";  // JobStatus 1, no RemoteHost
constexpr std::int64_t k_cluster = 10'000;              // procs of one cluster

Result<void> write_jobs(const std::string& text, std::int64_t jobs) {
  const std::size_t at = text.find(k_waits);
  if (at == std::string::npos) return make_error(ErrorKind::protocol, "the recording has no waiting job");
  const std::string rest = text.substr(at, text.find('\n', at) - at);
  for (std::int64_t i = 0; i < jobs; ++i)
    TIDE_TRY(put(fmt::format("{}\t{}{}\n", i / k_cluster + 1, i % k_cluster, rest)));
  TIDE_TRY(put("\n"));
  for (const char* of : {"query", "all users"}) {
    TIDE_TRY(put(fmt::format(
        "Total for {}: {} jobs; 0 completed, 0 removed, {} idle, 0 running, 0 held, 0 suspended \n", of, jobs, jobs)));
  }
  return put("\n");
}

Result<std::int64_t> read_jobs() {
  batch::htcondor::QueueBuilder builder({});
  builder.begin("");
  TIDE_TRY(bench::read_pieces([&](std::string_view piece) { return builder.feed(piece); }));
  TIDE_TRY(builder.end());
  return bench::waiting_in(builder.finish());
}

}  // namespace

int main(int argc, char** argv) { return bench::run({.write = write_jobs, .read = read_jobs}, argc, argv); }
