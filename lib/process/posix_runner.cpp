#include <tide/process/posix_runner.hpp>

#include <tide/process/child.hpp>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

namespace tide::process {

namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t k_piece = 1U << 20U;  // what a pipe may hold: one read empties it
constexpr Milliseconds k_tick{20};          // between looks where the kernel has no pidfd
constexpr Milliseconds k_longest{60'000};   // poll takes an int

Error system_error(std::string_view call, int code) {
  return make_error(ErrorKind::io, "{} failed: {}", call, std::system_category().message(code));
}

// Takes what is there. Closes `fd` at the end of the stream.
template <typename Deliver>
Result<void> read_piece(UniqueFd& fd, std::string& buffer, Deliver&& deliver) {
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count > 0) return deliver(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  if (count == 0) fd.reset();
  if (count < 0 && errno != EAGAIN && errno != EINTR) return system_error("read", errno);
  return {};
}

void keep_tail(std::string& text, std::string_view piece) {
  text += piece;
  if (text.size() > k_errors_max) text.erase(0, text.size() - k_errors_max);
}

// One command from its start to its end.
class Run {
 public:
  Run(const Command& command, Child& child, Clock& clock)
      : m_command(command), m_child(child), m_clock(clock), m_deadline(clock.monotonic() + command.timeout) {}

  // Leaves when the command ended and its pipes are empty. An error leaves the command running.
  Result<void> follow() {
    std::optional<Milliseconds> drained_by;
    for (;;) {
      const auto now = m_clock.monotonic();
      if (!drained_by) {
        TIDE_TRY_ASSIGN(const bool ended, m_child.has_ended());
        if (ended) drained_by = now + k_drain_time;
      }
      if (!drained_by && now >= m_deadline) return out_of_time();
      const bool open = m_child.output || m_child.errors;
      if (drained_by && (!open || now >= *drained_by)) return open ? read_both() : Result<void>();
      TIDE_TRY(wait(drained_by ? *drained_by - now : m_deadline - now, !drained_by));
      TIDE_TRY(read_both());
    }
  }

  Finished finished;

 private:
  Result<void> wait(Milliseconds span, bool until_it_ends) {
    const bool watch = until_it_ends && m_child.pidfd;
    std::array<pollfd, 3> entries{pollfd{m_child.output.get(), POLLIN, 0}, pollfd{m_child.errors.get(), POLLIN, 0},
                                  pollfd{watch ? m_child.pidfd.get() : -1, POLLIN, 0}};
    span = std::min(span + Milliseconds(1), until_it_ends && !watch ? k_tick : k_longest);
    const int count = ::poll(entries.data(), entries.size(), static_cast<int>(span.count()));
    if (count < 0 && errno != EINTR) return system_error("poll", errno);
    return {};
  }

  Result<void> read_both() {
    if (m_child.errors) {
      TIDE_TRY(read_piece(m_child.errors, m_buffer, [&](std::string_view piece) -> Result<void> {
        keep_tail(finished.errors, piece);
        return {};
      }));
    }
    if (!m_child.output) return {};
    return read_piece(m_child.output, m_buffer, [&](std::string_view piece) { return take_output(piece); });
  }

  Result<void> take_output(std::string_view piece) {
    if (m_command.sink) return m_command.sink(piece);
    if (finished.output.size() + piece.size() > m_command.output_max) {
      return make_error(ErrorKind::io, "'{}' printed more than {} bytes", display(m_command), m_command.output_max)
          .with_hint("Run it by hand to see what it prints.");
    }
    finished.output += piece;
    return {};
  }

  Error out_of_time() const {
    auto error =
        make_error(ErrorKind::timeout, "'{}' did not end within {} ms", display(m_command), m_command.timeout.count());
    if (!finished.errors.empty()) error.context.push_back("it said: " + last_words(finished.errors));
    error.hint = "Run it by hand to see what it waits for.";
    return error;
  }

  const Command& m_command;
  Child& m_child;
  Clock& m_clock;
  Milliseconds m_deadline;
  std::string m_buffer = std::string(k_piece, '\0');
};

}  // namespace

Result<Finished> PosixRunner::run(const Command& command) {
  reap_late();
  TIDE_TRY_ASSIGN(Child child, start(command));
  Run run(command, child, m_clock);
  if (auto followed = run.follow(); !followed) {
    if (const pid_t late = child.kill_all(m_clock, k_death_time); late > 0) m_late.push_back(late);
    return std::move(followed).error();
  }
  TIDE_TRY_ASSIGN(const ChildEnd end, child.reap());
  run.finished.exit_code = end.exit_code;
  run.finished.signal = end.signal;
  return std::move(run.finished);
}

void PosixRunner::reap_late() {
  std::erase_if(m_late, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
}

}  // namespace tide::process
