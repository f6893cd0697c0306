// bench-squeue RECORDING [LINES]: how fast the queue is read. One waiting job of a recorded squeue is repeated LINES
// times under other IDs; only reading is timed, not making the lines. Exit 1 if the queue does not count all of them.
#include <tide/batch/slurm/queue_builder.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <sys/resource.h>
#include <chrono>
#include <cstdio>
#include <string>

namespace {

using namespace tide;
using batch::slurm::Column;

int fail(const std::string& why) {
  std::fprintf(stderr, "bench-squeue: %s\n", why.c_str());
  return 1;
}

// A line of the recording that is one plain waiting job: its ID is the whole of its array ID.
std::optional<batch::slurm::JobRow> plain_waiting(std::span<const std::string_view> lines) {
  for (const std::string_view line : lines) {
    const auto row = batch::slurm::parse_squeue_line(line);
    if (!row || (*row)[Column::state] != "PENDING" || (*row)[Column::id] != (*row)[Column::raw_id]) continue;
    return *row;
  }
  return std::nullopt;
}

std::string line_of(const batch::slurm::JobRow& row, std::int64_t number) {
  const std::string id = std::to_string(number);
  std::string line;
  for (std::size_t i = 0; i < batch::slurm::k_columns; ++i) {
    const auto column = static_cast<Column>(i);
    const bool is_id = column == Column::id || column == Column::raw_id || column == Column::array_id;
    line.append(is_id ? std::string_view(id) : row.fields[i]).append("\t");
  }
  return line + "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return fail("usage: bench-squeue RECORDING [LINES]");
  const auto text = read_file(argv[1]);
  if (!text) return fail(text.error().message);
  const std::int64_t wanted = argc > 2 ? parse_integer(argv[2]).value_or(0) : 1'000'000;
  const auto lines = split(*text, '\n');
  const auto row = plain_waiting(lines);
  if (!row) return fail("no plain waiting job in the recording");

  batch::slurm::QueueBuilder builder({});
  if (auto fed = builder.feed(batch::slurm::squeue_header() + "\n"); !fed) return fail(fed.error().message);
  std::chrono::nanoseconds spent{0};
  std::size_t bytes = 0;
  constexpr std::int64_t k_batch = 200;  // about a pipe's 64 KiB
  for (std::int64_t number = 1; number <= wanted; number += k_batch) {
    std::string piece;
    for (std::int64_t i = number; i < number + k_batch && i <= wanted; ++i) piece += line_of(*row, i);
    bytes += piece.size();
    const auto begin = std::chrono::steady_clock::now();
    auto fed = builder.feed(piece);
    spent += std::chrono::steady_clock::now() - begin;
    if (!fed) return fail(fed.error().message);
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto queue = builder.finish();
  spent += std::chrono::steady_clock::now() - begin;
  if (!queue) return fail(queue.error().message);
  std::int64_t counted = 0;
  for (const auto& jobs : queue->waiting) counted += jobs.count;
  if (counted != wanted)
    return fail("the queue counts " + std::to_string(counted) + " jobs, not " + std::to_string(wanted));

  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double seconds = std::chrono::duration<double>(spent).count();
  std::printf("squeue, %lld waiting jobs, %.0f MB: %.2f s, %.2f million lines/s, %.0f MB/s, peak RSS %ld MiB\n",
              static_cast<long long>(wanted), static_cast<double>(bytes) / 1e6, seconds,
              static_cast<double>(wanted) / seconds / 1e6, static_cast<double>(bytes) / seconds / 1e6,
              usage.ru_maxrss / 1024);
  return 0;
}
