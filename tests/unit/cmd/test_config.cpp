#include "cmd/commands.hpp"
#include "cmd/context.hpp"

#include <tide/util/files.hpp>
#include <tide/util/system_clock.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

using namespace tide;
using namespace tide::cmd;
TEST_SUITE_BEGIN("cmd/config");

namespace {

// A folder with commands named as Slurm's, so that only the configuration decides.
class Place {
 public:
  Place() {
    std::string name = "/tmp/tide-cmd-config-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    m_path = name;
    for (const char* command : {"squeue", "scontrol"}) {
      const std::string path = m_path + "/" + command;
      REQUIRE(write_file_atomically(path, "#!/bin/sh\nexit 1\n", {.mode = 0755}));
      REQUIRE(::chmod(path.c_str(), 0755) == 0);
    }
  }
  ~Place() { std::filesystem::remove_all(m_path); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string config(const std::string& pool) const {
    const std::string path = m_path + "/tide.toml";
    REQUIRE(write_file_atomically(
        path, "[cluster]\nname = \"c\"\nbatch = \"slurm\"\nhead = \"h\"\n[batch]\nbin_dir = \"" + m_path +
                  "\"\n[scale]\nmax_nodes = 2\n[clouds.aws]\nkind = \"ec2\"\nregion = \"eu-central-1\"\n" + pool));
    return path;
  }

 private:
  std::string m_path;
};

struct Ran {
  Result<core::ExitCode> code;
  std::string out;
  std::string err;
};

Ran run_it(const CommandSpec& command, GlobalOptions options) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  SystemClock clock;
  SystemRandom random;
  Process process{
      .environment = {}, .in = in, .out = out, .err = err, .clock = clock, .random = random, .wrap_ports = nullptr};
  Context context(process, std::move(options));
  auto code = command.run(context);
  return {std::move(code), out.str(), err.str()};
}

}  // namespace

TEST_CASE("config check: a fine file, with the adapters' own checks") {
  const Place place;
  const auto path = place.config(
      "[pools.p]\ncloud = \"aws\"\nimage = \"ami-0abc\"\ntypes = [\"c7i.xlarge\"]\nslots = 1\nmemory = \"1GiB\"\n");
  const auto ran = run_it(config_check_command(), {.config = path});
  REQUIRE(ran.code);
  if (!head_id("c")) {  // a bare chroot without /etc/machine-id: then just that is told
    CHECK(ran.err.find("this head has no identity") != std::string::npos);
    return;
  }
  CHECK_MESSAGE(*ran.code == core::ExitCode::done, ran.err);
  CHECK(ran.out == path + ": fine: cluster 'c', clouds: 1, pools: 1\n");
}

TEST_CASE("config check: what the cloud's adapter refuses is told, exit 3") {
  const Place place;
  const auto path =
      place.config("[pools.p]\ncloud = \"aws\"\nimage = \"debian\"\ntypes = [\"c7i.xlarge\"]\nslots = 1\n");
  const auto ran = run_it(config_check_command(), {.config = path});
  REQUIRE(ran.code);
  CHECK(*ran.code == core::ExitCode::config);
  CHECK(ran.err.find("[pools.p] image = 'debian'") != std::string::npos);
}

TEST_CASE("config check: an unreadable file is the command's error") {
  const auto ran = run_it(config_check_command(), {.config = "/nonexistent/tide.toml"});
  REQUIRE_FALSE(ran.code);
  CHECK(ran.code.error().kind == ErrorKind::config);
  CHECK(ran.out.empty());
}

TEST_CASE("config keys: every key of the table and of every adapter, as JSON too") {
  const auto ran = run_it(config_keys_command(), {.output = OutputFormat::json});
  REQUIRE(ran.code);
  for (const auto& key : config::common_keys())
    CHECK(ran.out.find("\"key\": \"" + std::string(key.name) + "\"") != std::string::npos);
  for (const auto& adapter : adapter_keys()) {
    for (const auto keys : {adapter.cloud_keys, adapter.pool_keys, adapter.batch_keys}) {
      for (const auto& key : keys) {
        CAPTURE(key.name);
        CHECK_FALSE(key.help.empty());
        CHECK(ran.out.find("\"key\": \"" + std::string(key.name) + "\"") != std::string::npos);
      }
    }
  }
}

TEST_CASE("adapter_keys: no adapter takes a key that all have") {
  std::set<std::string> common;
  for (const auto& key : config::common_keys()) common.insert(std::string(key.section) + " " + std::string(key.name));
  for (const auto& adapter : adapter_keys()) {
    for (const auto& key : adapter.cloud_keys) CHECK_FALSE(common.contains("clouds.* " + std::string(key.name)));
    for (const auto& key : adapter.pool_keys) CHECK_FALSE(common.contains("pools.* " + std::string(key.name)));
    for (const auto& key : adapter.batch_keys) CHECK_FALSE(common.contains("batch " + std::string(key.name)));
  }
}

TEST_SUITE_END();
