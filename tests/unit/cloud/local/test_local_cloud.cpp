#include "support_local.hpp"

#include <tide/cloud/local/init.hpp>
#include <tide/util/files.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <where.hpp>

#include <algorithm>
#include <filesystem>

using namespace tide;
using namespace tide::test;
using core::InstanceState;

namespace {

const std::vector<std::string> k_sleeper{test::source_folder() + "/examples/local/sleep-node"};

Result<cloud::LaunchReply> launch(cloud::local::LocalCloud cloud, const core::LaunchRequest& request) {
  return std::move(cloud.launch({&request, 1}).front());
}

bool end(cloud::local::LocalCloud cloud, const core::InstanceId& id) {
  return cloud.terminate({&id, 1}).front().has_value();
}

bool same_ids(const std::vector<core::Instance>& left, const std::vector<core::Instance>& right) {
  return std::ranges::equal(left, right, {}, &core::Instance::id, &core::Instance::id);
}

std::string life() {
  Rig rig({"/bin/sleep", "1000"});
  rig.settings().environment = {{"COLOUR", "deep blue"}};
  const auto reply = launch(rig.cloud(rig.settings().command), rig.request("t", 2));
  EXPECT(reply && reply->instances.size() == 2);
  EXPECT(rig.list() == reply->instances);
  const core::Instance& first = reply->instances.front();
  EXPECT(first.id.value == rig.request("t").intent.value);
  EXPECT(reply->instances.back().id.value == first.id.value + "-1");
  EXPECT(first.state == InstanceState::running && first.names == std::vector<std::string>{"n1"});
  EXPECT(first.tags == rig.request("t", 2).tags);
  EXPECT(first.address.starts_with("127.99.") && first.address != reply->instances.back().address);
  EXPECT(rig.cloud().list("chemistry")->empty());

  const auto again = launch(rig.cloud(), rig.request("t", 2));
  EXPECT(again && same_ids(again->instances, reply->instances));
  EXPECT(rig.found().size() == 2);

  EXPECT(end(rig.cloud(), first.id));
  EXPECT(rig.wait_until([&] { return rig.list().size() == 1; }));
  EXPECT(end(rig.cloud(), first.id));  // again
  EXPECT(end(rig.cloud(), {"never-was"}));
  // A start or an end that is still under way is told as such, not guessed at.
  EXPECT(rig.wait_until([&] { return launch(rig.cloud(), rig.request("t", 2)).has_value(); }));
  const auto late = launch(rig.cloud(), rig.request("t", 2));
  EXPECT(late && late->instances.size() == 2);
  EXPECT(late->instances.front().state == InstanceState::gone &&
         late->instances.back().state == InstanceState::running);
  EXPECT(rig.found().size() == 1);
  return {};
}

std::string environment_is_exact() {
  Rig rig({"/bin/sleep", "1000"});
  rig.settings().environment = {{"COLOUR", "deep blue"}};
  EXPECT(launch(rig.cloud(), rig.request("t")));
  EXPECT(rig.found().size() == 1);
  const cloud::local::Found found = rig.found().front();
  std::map<std::string, std::string> all = found.environment;
  for (const char* ours : {"TIDE_ADDRESS", "TIDE_LAUNCHED_AT", "TIDE_TAGS"}) EXPECT(all.erase(ours) == 1);
  const std::string namespaced = ::geteuid() == 0 ? "2" : std::to_string(found.pid);
  const std::map<std::string, std::string> want{
      {"COLOUR", "deep blue"},
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
      {"TIDE_CLOUD", rig.settings().name.value},
      {"TIDE_CLUSTER", "physics"},
      {"TIDE_FEATURES", "small,CLOUD"},
      {"TIDE_GPUS", "a100:2"},
      {"TIDE_HEAD", "head.example"},
      {"TIDE_INDEX", "0"},
      {"TIDE_MEMORY_MIB", "2048"},
      {"TIDE_NODE", "n1"},
      {"TIDE_OWNER", "head=1"},
      {"TIDE_PID", namespaced},
      {"TIDE_POOL", "small"},
      {"TIDE_SLOTS", "4"},
      {"TIDE_TOKEN", rig.request("t").intent.value},
  };
  EXPECT(all == want);
  return {};
}

// TERM is ignored by the command and by a daemon that it started in a session of its own.
std::string stubborn_tree_is_killed() {
  Rig rig({});
  rig.settings().command = {"/bin/sh", "-c",
                            "trap '' TERM; (setsid sh -c \"trap '' TERM; while :; do sleep 1000; done\" &) ; echo up; "
                            "while :; do sleep 1000; done"};
  EXPECT(launch(rig.cloud(), rig.request("t")));
  const std::string mark = "TIDE_CLOUD=" + rig.settings().name.value;
  EXPECT(rig.wait_until([&] { return with_in_environment(mark).size() >= 4; }));
  EXPECT(rig.list().size() == 1);
  const core::InstanceId id = rig.list().front().id;
  EXPECT(end(rig.cloud(), id));
  EXPECT(rig.wait_until([&] { return rig.list().size() == 1 && rig.list().front().state == InstanceState::stopping; }));
  EXPECT(rig.wait_until([&] { return with_in_environment(mark).empty(); }));
  EXPECT(rig.list().empty());
  EXPECT(*rig.cloud().console(id) == "up\n");
  return {};
}

std::string command_that_ends_takes_all_along() {
  Rig rig({"/bin/sh", "-c", "(setsid sleep 1000 &) ; sleep 0.3"});
  EXPECT(launch(rig.cloud(), rig.request("t")));
  EXPECT(rig.wait_until([&] { return rig.list().empty(); }));
  EXPECT(rig.wait_until([&] { return with_in_environment("TIDE_CLOUD=" + rig.settings().name.value).empty(); }));
  return {};
}

std::string failed_start_is_told() {
  Rig rig({"/nonexistent/command"});
  const auto reply = launch(rig.cloud(), rig.request("t"));
  EXPECT(!reply && reply.error().kind == ErrorKind::bad_request);
  EXPECT(reply.error().message == "'/nonexistent/command' cannot be run: No such file or directory");
  const std::string no_interpreter = script("no '#!' line\n", rig.folder() + "/plain");
  // The token is free once the kernel is done with the failed start before.
  EXPECT(rig.wait_until([&] {
    const auto refused = launch(rig.cloud({no_interpreter}), rig.request("t"));
    return !refused && refused.error().message.ends_with("Exec format error");
  }));
  EXPECT(rig.list().empty());
  // Nothing ran, so the token is not used up; it is free once the kernel is done with the failed start.
  EXPECT(rig.wait_until([&] { return launch(rig.cloud({"/bin/sleep", "1000"}), rig.request("t")).has_value(); }));
  EXPECT(rig.found().size() == 1);
  return {};
}

std::string too_few_addresses() {
  Rig rig({"/bin/sleep", "1000"});
  rig.settings().addresses = cloud::local::parse_range("127.98.7.0/30").value();
  const auto none = launch(rig.cloud(), rig.request("all", 3));
  EXPECT(!none && none.error().kind == ErrorKind::quota);
  EXPECT(rig.wait_until([&] { return rig.found().empty(); }));
  core::LaunchRequest some = rig.request("some", 3);
  some.min_count = 1;
  const auto two = launch(rig.cloud(), some);
  EXPECT(two && two->instances.size() == 2);
  return {};
}

std::string nothing_leaks_in() {
  Rig rig({"/bin/sleep", "1000"});
  const UniqueFd leak(::open("/etc/passwd", O_RDONLY));  // without close-on-exec
  EXPECT(leak);
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  ::signal(SIGCHLD, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  const auto reply = launch(rig.cloud(), rig.request("t"));
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGCHLD, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT(reply);
  EXPECT(rig.found().size() == 1);
  const cloud::local::Found found = rig.found().front();
  EXPECT(status_line(found.pid, "SigBlk") == "0000000000000000");
  EXPECT((std::stoull(status_line(found.pid, "SigIgn"), nullptr, 16) &
          ((1ULL << (SIGCHLD - 1)) | (1ULL << (SIGTERM - 1)))) == 0);
  const std::string log = rig.settings().log_dir + "/" + reply->instances.front().id.value + ".log";
  EXPECT(descriptors(found.pid) == std::set<std::string>{"0 /dev/null", "1 " + log, "2 " + log});
  const std::set<std::string> kept = descriptors(found.init);
  EXPECT(kept.size() == 4);
  EXPECT(std::ranges::none_of(kept, [](const std::string& one) { return one.find("passwd") != std::string::npos; }));
  EXPECT(read_file("/proc/" + std::to_string(found.init) + "/cmdline")->starts_with("tide: local"));
  return {};
}

// Runs a program with another process's environment, in this session or in one of its own.
pid_t copycat(pid_t original, bool own_session) {
  const auto environment = read_file("/proc/" + std::to_string(original) + "/environ");
  std::vector<std::string> lines;
  for (const auto& [key, value] : cloud::local::decode_environment(*environment)) lines.push_back(key + "=" + value);
  std::vector<char*> pointers;
  for (std::string& line : lines) pointers.push_back(line.data());
  pointers.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  if (own_session) ::setsid();
  std::string program = "/bin/sleep";
  std::string seconds = "1000";
  std::array<char*, 3> argv{program.data(), seconds.data(), nullptr};
  ::execve(program.c_str(), argv.data(), pointers.data());
  ::_exit(127);
}

std::string copycats_are_not_taken() {
  Rig rig({"/bin/sleep", "1000"});
  EXPECT(launch(rig.cloud(), rig.request("t")));
  const pid_t original = rig.found().front().pid;
  const pid_t plain = copycat(original, false);
  const pid_t leader = copycat(original, true);
  const bool both =
      rig.wait_until([&] { return with_in_environment("TIDE_CLOUD=" + rig.settings().name.value).size() == 3; });
  const std::size_t listed = rig.list().size();
  const bool ended = end(rig.cloud(), rig.list().front().id);
  const bool original_gone = rig.wait_until([&] { return rig.list().empty(); });
  const bool alive = ::kill(plain, 0) == 0 && ::kill(leader, 0) == 0;
  for (const pid_t pid : {plain, leader}) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  EXPECT(both && listed == 1 && ended && original_gone && alive);
  return {};
}

std::string survives_the_death_of_tide() {
  Rig rig({"/bin/sleep", "1000"});
  for (int round = 0; round < 20; ++round) {
    const std::string token = "t" + std::to_string(round);
    const pid_t tide = ::fork();
    if (tide == 0) {
      (void)launch(rig.cloud(), rig.request(token));
      ::raise(SIGKILL);
    }
    // From before its fork until after the exec.
    rig.clock().sleep_for(std::chrono::milliseconds(round / 2));
    ::kill(tide, SIGKILL);
    ::waitpid(tide, nullptr, 0);
    // The next pass repeats the call with the same token; while the start is under way it is told so.
    EXPECT(rig.wait_until([&] {
      const auto reply = launch(rig.cloud(), rig.request(token));
      return reply && reply->instances.front().state == InstanceState::running;
    }));
    EXPECT(rig.found().size() == static_cast<std::size_t>(round) + 1);
  }
  return {};
}

std::string one_token_at_once_from_many() {
  Rig rig({"/bin/sleep", "1000"});
  std::vector<pid_t> tides;
  for (int index = 0; index < 8; ++index) {
    tides.push_back(::fork());
    if (tides.back() != 0) continue;
    const auto reply = launch(rig.cloud(), rig.request("t"));
    ::_exit(reply || reply.error().kind == ErrorKind::retry ? 0 : 1);
  }
  for (const pid_t tide : tides) {
    int status = 0;
    ::waitpid(tide, &status, 0);
    EXPECT(status == 0);
  }
  EXPECT(rig.found().size() == 1);
  return {};
}

// What an instance leaves to reap is its init alone, once.
std::string no_zombies() {
  EXPECT(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  std::string complaint = [] {
    Rig rig({"/bin/sh", "-c", "for i in 1 2 3 4 5; do (sleep 0.01 &) ; done; sleep 1000"});
    EXPECT(launch(rig.cloud(), rig.request("t")));
    const cloud::local::Found found = rig.found().front();
    EXPECT(::waitpid(-1, nullptr, WNOHANG) == 0);
    EXPECT(end(rig.cloud(), rig.list().front().id));
    EXPECT(::waitpid(-1, nullptr, 0) == found.init);
    EXPECT(::waitpid(-1, nullptr, 0) == -1);
    return std::string();
  }();
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  return complaint;
}

std::string own_namespaces() {
  Rig rig({"/bin/sh", "-c",
           "mount -t tmpfs mine /mnt && echo mounted; test $(ls -d /proc/[0-9]* | wc -l) -lt 9 && echo alone; exec "
           "sleep 1000"});
  const std::string before = *read_file("/proc/self/mounts");
  const auto reply = launch(rig.cloud(), rig.request("t"));
  EXPECT(reply);
  EXPECT(rig.wait_until([&] { return rig.cloud().console(reply->instances.front().id)->ends_with("alone\n"); }));
  EXPECT(*rig.cloud().console(reply->instances.front().id) == "mounted\nalone\n");
  EXPECT(*read_file("/proc/self/mounts") == before);
  EXPECT(status_line(rig.found().front().init, "NSpid").ends_with("\t1"));
  return {};
}

struct Case {
  const char* name;
  Scenario scenario;
};

const Case k_cases[]{
    {"life", life},
    {"environment is exact", environment_is_exact},
    {"stubborn tree is killed", stubborn_tree_is_killed},
    {"command that ends takes all along", command_that_ends_takes_all_along},
    {"failed start is told", failed_start_is_told},
    {"too few addresses", too_few_addresses},
    {"nothing leaks in", nothing_leaks_in},
    {"copycats are not taken", copycats_are_not_taken},
    {"survives the death of tide", survives_the_death_of_tide},
    {"one token at once from many", one_token_at_once_from_many},
    {"no zombies", no_zombies},
};

}  // namespace

TEST_SUITE_BEGIN("cloud/local");

TEST_CASE("local cloud: as whoever runs the test") {
  for (const Case& one : k_cases) {
    CAPTURE(one.name);
    CHECK(run_here(one.scenario) == "");
  }
}

TEST_CASE("local cloud: as nobody, without namespaces" * doctest::skip(::geteuid() != 0)) {
  for (const Case& one : k_cases) {
    CAPTURE(one.name);
    CHECK(run_as_nobody(one.scenario) == "");
  }
}

TEST_CASE("local cloud: as root, in its own namespaces" * doctest::skip(::geteuid() != 0)) {
  CHECK(own_namespaces() == "");
}

TEST_CASE("local cloud: the example for tests") {
  Rig rig(k_sleeper);
  const auto reply = launch(rig.cloud(), rig.request("t"));
  REQUIRE(reply);
  const core::Instance instance = reply->instances.front();
  CHECK(rig.wait_until([&] { return !rig.cloud().console(instance.id)->empty(); }));
  CHECK(*rig.cloud().console(instance.id) == "n1 of pool small in cluster physics at " + instance.address + "\n");
  CHECK(rig.list().size() == 1);  // it replaced its program, not its environment
}
