#include "cmd/run.hpp"

#include "tests/unit/engine/ports.hpp"

#include <tide/util/files.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("cmd/passes");

// Whole commands, again and again in virtual time: real command line, configuration, store and lock; only the batch
// system, the cloud and time are made up.
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr int k_passes = 1'000;  // it keeps what was freed
#else
constexpr int k_passes = 10'000;
#endif

class VirtualClock final : public Clock {
 public:
  TimePoint now() override { return k_wall + std::chrono::duration_cast<Seconds>(at); }
  std::chrono::milliseconds monotonic() override { return at; }
  BootTime boot() override { return {"boot", 1'000 + std::chrono::duration_cast<Seconds>(at).count()}; }
  bool sleep_for(std::chrono::milliseconds span) override {
    at += span;
    if (slept) slept();
    return !stopped;
  }

  std::chrono::milliseconds at{0};
  bool stopped = false;
  std::function<void()> slept;
};

class Head {
 public:
  Head() : stage(snapshot()) {
    std::array<char, 40> name{"/dev/shm/tide-passes.XXXXXX"};
    path = ::mkdtemp(name.data());
    for (const char* command : {"squeue", "scontrol", "sinfo", "node"}) {
      REQUIRE(write_file_atomically(path + "/" + command, "#!/bin/sh\nexit 1\n", {.mode = 0755}));
    }
    REQUIRE(write_file_atomically(
        path + "/tide.toml",
        fmt::format("[cluster]\nname = \"demo\"\nbatch = \"slurm\"\nhead = \"localhost\"\nstate_dir = \"{0}/state\"\n"
                    "[batch]\nbin_dir = \"{0}\"\n[scale]\nmax_nodes = 4\n[clouds.aws]\nkind = \"local\"\n"
                    "command = [\"{0}/node\"]\n[pools.small]\ncloud = \"aws\"\nslots = 4\nmemory = \"8GiB\"\n",
                    path)));
  }
  ~Head() { std::filesystem::remove_all(path); }

  int run(const std::string& command, const std::vector<std::string>& more = {}) {
    cmd::Process process{.environment = {{"USER", "alice"}},
                         .in = m_in,
                         .out = out,
                         .err = err,
                         .clock = clock,
                         .random = m_random,
                         .wrap_ports = [this](engine::Ports& ports) { replace(ports); }};
    std::vector<std::string> words{"-c", path + "/tide.toml", command};
    words.insert(words.end(), more.begin(), more.end());
    return static_cast<int>(cmd::run(words, process));
  }
  std::string said() {
    std::string text = out.str() + err.str();
    out.str("");
    err.str("");
    return text;
  }

  std::string path;
  Stage stage;
  VirtualClock clock;
  std::ostringstream out;
  std::ostringstream err;

 private:
  void replace(engine::Ports& ports) {
    const engine::Ports made = ports;
    std::destroy_at(&ports);
    std::construct_at(&ports, engine::Ports{.clock = made.clock,
                                            .random = made.random,
                                            .batch = stage.batch,
                                            .clouds = {{{"aws"}, &stage.cloud()}},
                                            .store = made.store,
                                            .names = nullptr,
                                            .head = made.head});
  }

  std::istringstream m_in;
  FakeRandom m_random;
};

std::size_t open_files() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

std::int64_t resident_kib() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  statm >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE) / 1024;
}

}  // namespace

TEST_CASE("scale-once -q: a cloud that is out for eight hours is at most five mails by cron") {
  Head head;
  REQUIRE(head.run("scale-once", {"-q"}) == 0);
  CHECK(head.said().empty());
  const auto fine = head.stage.cloud().listing;
  int mails = 0;
  for (int minute = 0; minute < 10 * 60; ++minute) {
    const bool out = minute >= 30 && minute < 30 + 8 * 60;
    // It fails in one way, and then in another.
    const auto kind = minute % 7 == 0 ? ErrorKind::timeout : ErrorKind::io;
    head.stage.cloud().listing =
        out ? Result<std::vector<core::Instance>>(make_error(kind, "connection {} failed", minute)) : fine;
    head.stage.journal.lines.clear();
    CHECK(head.run("scale-once", {"-q"}) == (out ? 6 : 0));
    if (!head.said().empty()) ++mails;
    head.clock.at += std::chrono::minutes(1);
  }
  CHECK(mails >= 2);
  CHECK(mails <= 5);
}

TEST_CASE("takeover: only a head whose machines are there, unless a cloud cannot be read") {
  Head head;
  core::Instance theirs;
  theirs.id.value = "i-9";
  theirs.cloud.value = "aws";
  theirs.state = core::InstanceState::running;
  theirs.tags = {{core::tag::k_cluster, "demo"}, {core::tag::k_owner, "0123456789abcdef"}};
  head.stage.cloud().listing = std::vector<core::Instance>{theirs};
  CHECK(head.run("takeover", {"--from", "0123456789abcdee", "--yes"}) == 2);
  const std::string refusal = head.said();
  CHECK(refusal.find("no machine of cluster 'demo' belongs to head '0123456789abcdee'") != std::string::npos);
  CHECK(refusal.find("Heads whose machines there are: 0123456789abcdef.") != std::string::npos);
  CHECK(head.run("takeover", {"--from", "0123456789abcdef"}) == 5);  // it asks, and there is nobody
  CHECK(head.said().find("hint: Say --yes if that is what you want.") != std::string::npos);
  CHECK(head.run("takeover", {"--from", "0123456789abcdef", "--yes"}) == 0);
  head.stage.cloud().listing = make_error(ErrorKind::io, "connection failed");
  CHECK(head.run("takeover", {"--from", "0123456789abcdee", "--yes"}) == 0);
}

TEST_CASE("what is not known since a cloud could not be read is that cloud's code, and names it") {
  const struct {
    ErrorKind kind;
    int exit;
  } rows[]{{ErrorKind::timeout, 6},  {ErrorKind::protocol, 6}, {ErrorKind::io, 6},
           {ErrorKind::unproven, 6}, {ErrorKind::auth, 7},     {ErrorKind::config, 3}};
  for (const auto& row : rows) {
    CAPTURE(row.exit);
    Head head;
    head.stage.cloud().listing = make_error(row.kind, "it hangs");
    CHECK(head.run("kill-node", {"nosuch", "--yes"}) == row.exit);
    CHECK(head.run("drain-all", {"--yes"}) == row.exit);
    CHECK(head.run("info", {"nosuch"}) == row.exit);
    CHECK(head.said().find("cloud 'aws' could not be read") != std::string::npos);
  }
}

TEST_CASE("daemon: thousands of passes keep memory and descriptors flat") {
  Head head;
  int passes = 0;
  std::size_t files = 0;
  std::int64_t resident = 0;
  std::size_t files_last = 0;
  std::int64_t resident_last = 0;
  auto next = std::chrono::milliseconds(0);
  head.clock.slept = [&] {
    if (head.stage.journal.lines.empty()) return;
    head.stage.journal.lines.clear();  // one pass's readings
    ++passes;
    if (passes == k_passes / 10) files = open_files(), resident = resident_kib();
    if (passes == k_passes) files_last = open_files(), resident_last = resident_kib(), head.clock.stopped = true;
    next = head.clock.at;
  };
  CHECK(head.run("daemon", {"--every", "60s"}) == 0);
  CHECK(passes == k_passes);
  CHECK(next > Seconds(50) * (k_passes - 1));
  CHECK(files_last == files);
#if !defined(__SANITIZE_ADDRESS__)
  CHECK(resident_last - resident < 2'048);
#endif
  CHECK(head.said().find("error") == std::string::npos);
}
