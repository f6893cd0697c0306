// What condor_q prints, in pieces of any size: never a crash, and never a queue of another size than the schedd
// counted.
#include <tide/batch/htcondor/queue_builder.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = std::size_t{1} + data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  tide::batch::htcondor::QueueBuilder builder(
      {.all_ids = true, .now = tide::TimePoint{tide::Seconds{1'795'640'000}}, .features = {"small", "HasCVMFS"}});
  builder.begin("");
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!builder.feed(text.substr(at, piece))) return 0;
  }
  if (!builder.end()) return 0;
  const auto queue = builder.finish();
  for (const auto& jobs : queue.waiting) {
    if (jobs.count < 1 || jobs.shape.chunks.empty() || std::int64_t(jobs.ids.size()) != jobs.count) std::abort();
  }
  return 0;
}
