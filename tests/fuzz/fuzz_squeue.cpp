// What `squeue` prints, in pieces of any size: never a crash, and never a queue from what is cut in a line.
#include <tide/batch/slurm/queue_builder.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = std::size_t{1} + data[0];
  const bool with_header = (data[1] & 1U) != 0;
  const std::string body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string text = with_header ? tide::batch::slurm::squeue_header() + "\n" + body : body;
  tide::batch::slurm::QueueBuilder builder({.all_ids = false, .now = tide::TimePoint{tide::Seconds{1'795'629'200}}});
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!builder.feed(std::string_view(text).substr(at, piece))) return 0;
  }
  const auto queue = builder.finish();
  if (!queue) return 0;
  if (text.empty() || text.back() != '\n') std::abort();
  const auto counted = [](const auto& jobs) { return jobs.count > 0 && jobs.shape.chunks.size() > 0; };
  if (!std::all_of(queue->waiting.begin(), queue->waiting.end(), counted)) std::abort();
  return 0;
}
