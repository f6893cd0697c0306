// What OpenPBS's `qstat -f -t` prints, as JSON or as text, in pieces of any size: never a crash, and never a queue from
// JSON without its last brace or text without its last blank line.
#include <tide/batch/openpbs/queue_builder.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tide::batch::openpbs;
  if (size < 2) return 0;
  const std::size_t piece = std::size_t{1} + data[0];
  const Form form = (data[1] & 1U) != 0 ? Form::text : Form::json;
  const Queues queues{{"workq", {.started = true, .max_run = data[1] >> 1U}}};
  const std::string text(reinterpret_cast<const char*>(data) + 2, size - 2);
  QueueBuilder builder({.form = form, .now = tide::TimePoint{tide::Seconds{1'795'146'610}}, .queues = &queues});
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!builder.feed(std::string_view(text).substr(at, piece))) return 0;
  }
  const auto queue = builder.finish();
  if (!queue) return 0;
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  if (form == Form::json && (last == std::string::npos || text[last] != '}')) std::abort();
  if (form == Form::text && last != std::string::npos && !text.ends_with("\n\n")) std::abort();
  // Of a group that is cut at max_run the first IDs stay with what may start; beyond the first 20 none was kept.
  const auto counted = [](const auto& jobs) {
    const bool named = !jobs.ids.empty() || jobs.waiting == tide::core::Waiting::limited;
    return jobs.count > 0 && named && !jobs.shape.chunks.empty();
  };
  if (!std::all_of(queue->waiting.begin(), queue->waiting.end(), counted)) std::abort();
  return 0;
}
