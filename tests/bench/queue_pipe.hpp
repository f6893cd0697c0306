#pragma once

#include <tide/core/job.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

// What the benches of a queue have in common. BENCH write RECORDING JOBS: prints that many waiting jobs as the command
// of the recording does. BENCH read: reads such an output from a pipe as tide does, in constant memory; BENCH dom: with
// a parser that keeps all of it in memory. Exit 1 if no job is counted; queue.py measures.
namespace tide::bench {

struct QueueBench {
  Result<void> (*write)(const std::string& recording, std::int64_t jobs);
  Result<std::int64_t> (*read)();
  Result<std::int64_t> (*dom)() = nullptr;
};

inline Result<void> put(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return {};
  return make_error(ErrorKind::io, "cannot write");
}

template <typename Take>
Result<void> read_pieces(Take take) {
  std::string buffer(1U << 20U, '\0');  // as the runner reads
  while (true) {
    const ssize_t got = ::read(0, buffer.data(), buffer.size());
    if (got < 0) return make_error(ErrorKind::io, "cannot read");
    if (got == 0) return {};
    TIDE_TRY(take(std::string_view(buffer.data(), static_cast<std::size_t>(got))));
  }
}

inline Result<std::string> read_whole() {
  std::string whole;
  TIDE_TRY(read_pieces([&](std::string_view piece) {
    whole.append(piece);
    return Result<void>();
  }));
  return whole;
}

inline std::int64_t waiting_in(const core::JobQueue& queue) {
  std::int64_t jobs = 0;
  for (const auto& group : queue.waiting) jobs += group.count;
  return jobs;
}

inline Result<void> obey(const QueueBench& bench, const std::vector<std::string>& words) {
  const std::string how = words.empty() ? "" : words[0];
  if (how == "write" && words.size() == 3) {
    TIDE_TRY_ASSIGN(const std::string recording, read_file(words[1]));
    return bench.write(recording, parse_integer(words[2]).value_or(0));
  }
  if (how != "read" && (how != "dom" || bench.dom == nullptr))
    return make_error(ErrorKind::usage, "usage: write RECORDING JOBS | read{}", bench.dom == nullptr ? "" : " | dom");
  TIDE_TRY_ASSIGN(const std::int64_t jobs, how == "dom" ? bench.dom() : bench.read());
  std::printf("%lld waiting jobs\n", static_cast<long long>(jobs));
  if (jobs == 0) return make_error(ErrorKind::protocol, "it counts no job");
  return {};
}

inline int run(const QueueBench& bench, int argc, char** argv) {
  const auto done = obey(bench, {argv + 1, argv + argc});
  if (done) return 0;
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, done.error().message.c_str());
  return 1;
}

}  // namespace tide::bench
