// What `qstat -x -t` prints, in pieces of any size: never a crash, the same queue whatever the pieces, and never a
// queue from what is cut.
#include <tide/batch/torque/queue_builder.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace {

std::optional<tide::core::JobQueue> read(std::string_view text, std::size_t piece) {
  tide::batch::torque::QueueOptions options{.with_accounts = true,
                                            .now = tide::TimePoint{tide::Seconds{1'795'145'140}}};
  options.server.jobs = 100;
  options.server.user_jobs = 50;
  tide::batch::torque::QueueBuilder builder(std::move(options));
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!builder.feed(text.substr(at, piece))) return std::nullopt;
  }
  auto queue = builder.finish({tide::core::NodeName{"mom1"}});
  if (!queue) return std::nullopt;
  return *queue;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = std::size_t{1} + data[0];
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto queue = read(text, piece);
  if (queue != read(text, text.size() + 1)) std::abort();
  if (!queue) return 0;
  if (text.find("</Data>") == std::string::npos) std::abort();
  const auto counted = [](const auto& jobs) { return jobs.count > 0 && !jobs.shape.chunks.empty(); };
  if (!std::all_of(queue->waiting.begin(), queue->waiting.end(), counted)) std::abort();
  return 0;
}
