#include <tide/cloud/local/starter.hpp>

#include <tide/cloud/local/init.hpp>
#include <tide/util/text.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace tide::cloud::local {

namespace {

constexpr int k_start_timeout_ms = 20'000;  // an exec from a network file system that hangs

std::string words_of(int code) { return std::system_category().message(code); }

Error failed(const Start& start, const Failure& failure) {
  const std::string& program = start.argv.front();
  switch (failure.stage) {
    case Stage::exec:
      return make_error(ErrorKind::bad_request, "'{}' cannot be run: {}", program, words_of(failure.code))
          .with_hint("Set [clouds.x] command to an executable file; a script needs a '#!' line.");
    case Stage::session:
      return make_error(ErrorKind::io, "no session can be made for '{}': {}", program, words_of(failure.code));
    case Stage::mounts:
      return make_error(ErrorKind::io, "no namespaces can be made for '{}': {}", program, words_of(failure.code));
    case Stage::proc:
      return make_error(ErrorKind::io, "no /proc can be mounted for '{}': {}", program, words_of(failure.code));
    case Stage::init:
    case Stage::command_fork: break;
  }
  const ErrorKind kind = failure.code == EAGAIN || failure.code == ENOMEM ? ErrorKind::capacity : ErrorKind::io;
  return make_error(kind, "no process can be made for '{}': {}", program, words_of(failure.code));
}

// A descriptor above 2, as 0, 1 and 2 are replaced in the child; tide may have been started with those closed.
Result<UniqueFd> open_above(const std::string& path, int flags) {
  const UniqueFd low(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  UniqueFd fd(low ? ::fcntl(low.get(), F_DUPFD_CLOEXEC, 3) : -1);
  if (!fd) return make_error(ErrorKind::io, "'{}' cannot be opened: {}", path, words_of(errno));
  return fd;
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return make_error(ErrorKind::io, "no pipe can be made: {}", words_of(errno));
  const UniqueFd low_read(ends[0]);
  const UniqueFd low_write(ends[1]);
  Pipe pipe{.read = UniqueFd(::fcntl(ends[0], F_DUPFD_CLOEXEC, 3)),
            .write = UniqueFd(::fcntl(ends[1], F_DUPFD_CLOEXEC, 3))};
  if (!pipe.read || !pipe.write) return make_error(ErrorKind::io, "no pipe can be made: {}", words_of(errno));
  return pipe;
}

// Where the kernel keeps our command line: fields 48 and 49 of stat. The child, a copy, may write over its own.
void find_title(Blueprint& blueprint) {
  const auto text = read_file("/proc/self/stat");
  if (!text) return;
  const std::size_t behind = text->rfind(')');
  if (behind == std::string::npos || behind + 2 > text->size()) return;
  const std::vector<std::string_view> fields = split(std::string_view(*text).substr(behind + 2), ' ');  // from field 3
  if (fields.size() < 47) return;
  const auto begin = parse_integer(fields[45]);
  const auto end = parse_integer(trim(fields[46]));
  if (!begin || !end || *begin <= 0 || *end <= *begin) return;
  blueprint.title = reinterpret_cast<char*>(static_cast<std::uintptr_t>(*begin));
  blueprint.title_size = static_cast<std::size_t>(*end - *begin);
}

// Text for execve, at addresses that stay.
class Words {
 public:
  void add(std::string word) { m_texts.push_back(std::move(word)); }
  char* const* finish() {
    for (std::string& text : m_texts) m_pointers.push_back(text.data());
    m_pointers.push_back(nullptr);
    return m_pointers.data();
  }
  char* last() { return m_texts.back().data(); }

 private:
  std::vector<std::string> m_texts;
  std::vector<char*> m_pointers;
};

// Every signal stays blocked over the fork, so that no handler of ours runs in the child.
pid_t fork_first_child(const Blueprint& blueprint) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  if (child == 0) run_first_child(blueprint);
  const int code = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = code;
  return child;
}

Result<void> wait_for_exec(const Start& start, int pipe) {
  pollfd waiting{.fd = pipe, .events = POLLIN, .revents = 0};
  int ready = 0;
  do ready = ::poll(&waiting, 1, k_start_timeout_ms);
  while (ready < 0 && errno == EINTR);
  if (ready == 0)
    return make_error(ErrorKind::timeout, "'{}' did not start within {} s", start.argv.front(),
                      k_start_timeout_ms / 1000);
  Failure failure;
  ssize_t size = 0;
  do size = ::read(pipe, &failure, sizeof failure);
  while (size < 0 && errno == EINTR);
  if (size == 0) return {};
  if (size == static_cast<ssize_t>(sizeof failure)) return failed(start, failure);
  return make_error(ErrorKind::timeout, "'{}': whether it started is not known", start.argv.front());
}

}  // namespace

Result<void> start_instance(const Start& start, const UniqueFd& claim) {
  TIDE_TRY_ASSIGN(const UniqueFd null, open_above("/dev/null", O_RDWR));
  TIDE_TRY_ASSIGN(const UniqueFd log, open_above(start.log_path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW));
  TIDE_TRY_ASSIGN(Pipe pipe, make_pipe());
  Words argv;
  for (const std::string& word : start.argv) argv.add(word);
  Words environment;
  for (const auto& [key, value] : start.environment) environment.add(key + "=" + value);
  environment.add(std::string(k_pid) + "=" + std::string(k_pid_digits, '\0'));

  Blueprint blueprint;
  blueprint.program = start.argv.front().c_str();
  blueprint.argv = argv.finish();
  blueprint.environment = environment.finish();
  blueprint.pid_slot = environment.last() + std::string_view(k_pid).size() + 1;
  blueprint.null = null.get();
  blueprint.log = log.get();
  blueprint.claim = claim.get();
  blueprint.report = pipe.write.get();
  blueprint.grace_seconds = static_cast<unsigned>(start.grace.count());
  blueprint.namespaces = start.namespaces;
  blueprint.title_text = start.title.c_str();
  find_title(blueprint);

  const pid_t child = fork_first_child(blueprint);
  if (child < 0) return failed(start, {.stage = Stage::command_fork, .code = errno});
  pipe.write.reset();
  // It lives for milliseconds. ECHILD: whoever started tide had SIGCHLD ignored, and the kernel reaped it.
  pid_t reaped = 0;
  do reaped = ::waitpid(child, nullptr, 0);
  while (reaped < 0 && errno == EINTR);
  return wait_for_exec(start, pipe.read.get());
}

}  // namespace tide::cloud::local
