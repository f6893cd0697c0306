#include "tests/support/scripted_runner.hpp"

#include <tide/hooks/program_hooks.hpp>
#include <tide/process/posix_runner.hpp>
#include <tide/util/files.hpp>
#include <tide/util/system_clock.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

using namespace tide;
using hooks::Call;
using hooks::Kind;
TEST_SUITE_BEGIN("hooks/program_hooks");

namespace {

// Real programs, run by the real runner.
class Site {
 public:
  Site() {
    std::array<char, 32> name{"/tmp/tide-hooks.XXXXXX"};
    path = ::mkdtemp(name.data());
  }
  ~Site() { std::filesystem::remove_all(path); }

  std::string program(const std::string& name, const std::string& body, mode_t mode = 0755) {
    const std::string file = path + "/" + name;
    REQUIRE(write_file_atomically(file, "#!/bin/sh\n" + body, {.mode = 0755}));
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    return file;
  }
  hooks::ProgramHooks hooks(const std::map<std::string, std::vector<std::string>>& commands,
                            std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    return {
        m_runner,
        m_clock,
        {.cluster = "physics", .commands = commands, .timeout = timeout, .environment = {{"PATH", "/usr/bin:/bin"}}}};
  }

  std::string path;

 private:
  SystemClock m_clock;
  process::PosixRunner m_runner{m_clock};
};

const Call k_end{.kind = Kind::before_end,
                 .node = {"wn-1"},
                 .instance = {"i-1"},
                 .cloud = {"aws"},
                 .pool = {"small"},
                 .address = "10.0.0.5",
                 .why = "idle; $(touch /tmp/never)"};

}  // namespace

TEST_CASE("hooks: JSON on the input, and the same in the environment; no shell between") {
  Site site;
  const std::string said = site.path + "/said";
  const std::string program =
      site.program("hook", "cat >" + said + "; echo \"$TIDE_HOOK $TIDE_NODE $TIDE_WHY $1\" >>" + said + "\n");
  auto hooks = site.hooks({{"before_end", {program, "a b"}}});
  REQUIRE(hooks.check());
  CHECK(hooks.wants(Kind::before_end));
  CHECK_FALSE(hooks.wants(Kind::node_added));
  REQUIRE(hooks.call(k_end));
  const std::string text = read_file(said, 4096).value();
  CHECK(text.find("{\"schema\":\"tide.hook/1\",\"hook\":\"before_end\",\"at\":\"") == 0);
  CHECK(text.find("\"cluster\":\"physics\",\"node\":\"wn-1\",\"instance\":\"i-1\",\"cloud\":\"aws\",\"pool\":\"small\","
                  "\"address\":\"10.0.0.5\",\"why\":\"idle; $(touch /tmp/never)\"}\n") != std::string::npos);
  CHECK(text.find("before_end wn-1 idle; $(touch /tmp/never) a b\n") != std::string::npos);
}

TEST_CASE("hooks: one that fails says why with its last line; one that nobody wants is done") {
  Site site;
  auto hooks =
      site.hooks({{"before_end", {site.program("hook", "echo one >&2; echo 'licences are out' >&2; exit 3\n")}}});
  const auto called = hooks.call(k_end);
  REQUIRE_FALSE(called);
  CHECK(called.error().kind == ErrorKind::refused);
  CHECK(called.error().message == "hook before_end exits 3: licences are out");
  CHECK(hooks.call({.kind = Kind::node_added}));
}

TEST_CASE("hooks: one that hangs is killed, and not waited for again in this pass") {
  Site site;
  auto hooks = site.hooks({{"before_end", {site.program("hook", "sleep 60\n")}}}, std::chrono::milliseconds(200));
  const auto first = hooks.call(k_end);
  REQUIRE_FALSE(first);
  CHECK(first.error().kind == ErrorKind::timeout);
  const auto second = hooks.call(k_end);
  REQUIRE_FALSE(second);
  CHECK(second.error().message == "hook before_end hung before in this pass and was not run again");
  hooks.begin_pass();
  const auto next = hooks.call(k_end);
  REQUIRE_FALSE(next);
  CHECK(next.error().message != second.error().message);
}

TEST_CASE("hooks: a program that others may write, or that is none, is refused and not run") {
  Site site;
  const std::string mark = site.path + "/ran";
  for (const mode_t mode : {mode_t{0775}, mode_t{0757}, mode_t{0644}}) {
    CAPTURE(mode);
    auto hooks = site.hooks({{"before_end", {site.program("hook", "touch " + mark + "\n", mode)}}});
    const auto checked = hooks.check();
    REQUIRE_FALSE(checked);
    CHECK(checked.error().kind == ErrorKind::config);
    CHECK_FALSE(checked.error().hint.empty());
    CHECK_FALSE(hooks.call(k_end));
  }
  CHECK_FALSE(site.hooks({{"before_end", {site.path + "/absent"}}}).check());
  // Of another user's programs somebody else may ask too: `tide config check` by root, where tide's user is none.
  const uid_t other = ::geteuid() + 1;
  const auto theirs = tide::hooks::check_programs({{"before_end", {site.program("hook", "", 0755)}}}, other);
  CHECK(theirs.has_value() == (::geteuid() == 0));
  CHECK_FALSE(tide::hooks::check_programs({{"before_end", {site.program("hook", "", 0644)}}}, other));
  CHECK_FALSE(std::filesystem::exists(mark));
}
