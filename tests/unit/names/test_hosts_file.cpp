#include "tests/support/scripted_runner.hpp"

#include <tide/names/hosts_file.hpp>
#include <tide/util/files.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>

using namespace tide;
using names::HostsOptions;
TEST_SUITE_BEGIN("names/hosts_file");

namespace {

const HostsOptions k_shared{.path = "/etc/hosts", .cluster = "physics"};
const std::string k_text =
    "127.0.0.1 localhost\n# tide:physics begin\n10.0.0.1 w1\n10.0.0.2 w2\n# tide:physics end\n10.9.9.9 printer\n";

class Folder {
 public:
  Folder() {
    std::array<char, 32> name{"/tmp/tide-hosts.XXXXXX"};
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

std::vector<core::HostEntry> entries(std::initializer_list<std::pair<const char*, const char*>> pairs) {
  std::vector<core::HostEntry> all;
  for (const auto& [name, address] : pairs) all.push_back({core::NodeName{name}, address});
  return all;
}

}  // namespace

TEST_CASE("hosts: only what stands between tide's own marks is read") {
  const auto found = names::parse_part(k_text, k_shared);
  REQUIRE(found);
  CHECK(*found == entries({{"w1", "10.0.0.1"}, {"w2", "10.0.0.2"}}));
  CHECK(names::parse_part("127.0.0.1 localhost\n", k_shared)->empty());
  CHECK(names::parse_part(k_text, {.path = "/etc/hosts", .cluster = "physic"})->empty());  // exact matches
}

TEST_CASE("hosts: others' lines stay byte for byte, wherever they are") {
  const auto text = names::replace_part(k_text, k_shared, "10.0.0.3 w3\n");
  REQUIRE(text);
  CHECK(*text == "127.0.0.1 localhost\n# tide:physics begin\n10.0.0.3 w3\n# tide:physics end\n10.9.9.9 printer\n");
  CHECK(*names::replace_part(k_text, k_shared, "") == "127.0.0.1 localhost\n10.9.9.9 printer\n");
  CHECK(*names::replace_part("127.0.0.1 localhost", k_shared, "10.0.0.3 w3\n") ==
        "127.0.0.1 localhost\n# tide:physics begin\n10.0.0.3 w3\n# tide:physics end\n");
}

TEST_CASE("hosts: two clusters share one file") {
  const HostsOptions other{.path = "/etc/hosts", .cluster = "chem"};
  const auto both = names::replace_part(k_text, other, "10.1.0.1 c1\n");
  REQUIRE(both);
  CHECK(names::parse_part(*both, other)->size() == 1);
  CHECK(names::parse_part(*both, k_shared)->size() == 2);
}

TEST_CASE("hosts: marks that do not match, and strange lines between them, are told and left") {
  for (const char* text : {"# tide:physics begin\n10.0.0.1 w1\n", "# tide:physics end\n",
                           "# tide:physics begin\n# tide:physics begin\n# tide:physics end\n",
                           "# tide:physics begin\n# tide:physics end\n# tide:physics end\n",
                           "# tide:physics begin\n10.0.0.1 w1 alias\n# tide:physics end\n",
                           "# tide:physics begin\nrm -rf /\n# tide:physics end\n"}) {
    CAPTURE(text);
    const auto found = names::parse_part(text, k_shared);
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::config);
    CHECK(found.error().hint.find("# tide:physics begin") != std::string::npos);
  }
}

TEST_CASE("hosts: a file is written whole, keeps its mode, and is not touched without need") {
  const Folder folder;
  test::ScriptedRunner runner;
  names::HostsFile file(runner, {.path = folder.path + "/hosts", .cluster = "physics"});
  CHECK(file.read()->empty());  // no file is no line
  REQUIRE(write_file_atomically(folder.path + "/hosts", "127.0.0.1 localhost\n", {.mode = 0640}));
  REQUIRE(file.write(entries({{"w1", "10.0.0.1"}})));
  CHECK(*file.read() == entries({{"w1", "10.0.0.1"}}));
  CHECK(
      std::filesystem::status(folder.path + "/hosts").permissions() ==
      (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write | std::filesystem::perms::group_read));
  const auto before = std::filesystem::last_write_time(folder.path + "/hosts");
  REQUIRE(file.write(entries({{"w1", "10.0.0.1"}})));
  CHECK(std::filesystem::last_write_time(folder.path + "/hosts") == before);
  REQUIRE(file.write({}));
  CHECK(*read_file(folder.path + "/hosts") == "127.0.0.1 localhost\n");
}

TEST_CASE("hosts: no name or address can forge a line") {
  const Folder folder;
  test::ScriptedRunner runner;
  names::HostsFile file(runner, {.path = folder.path + "/hosts", .cluster = "physics"});
  for (const auto& bad :
       {entries({{"w1\n6.6.6.6 bank", "10.0.0.1"}}), entries({{"w1 bank", "10.0.0.1"}}),
        entries({{"w1", "10.0.0.1\n6.6.6.6 bank"}}), entries({{"", "10.0.0.1"}}), entries({{"w1", ""}})}) {
    const auto written = file.write(bad);
    REQUIRE_FALSE(written);
    CHECK(written.error().kind == ErrorKind::config);
  }
  CHECK_FALSE(file_exists(folder.path + "/hosts"));
}

TEST_CASE("hosts: a file that cannot be written names the key") {
  test::ScriptedRunner runner;
  names::HostsFile file(runner, {.path = "/proc/tide/hosts", .cluster = "physics"});
  const auto written = file.write(entries({{"w1", "10.0.0.1"}}));
  REQUIRE_FALSE(written);
  CHECK(written.error().hint.find("[names] file") != std::string::npos);
}

TEST_CASE("command: it gets the lines, and is asked again until it took them") {
  const Folder folder;
  test::ScriptedRunner runner;
  HostsOptions options{.path = folder.path + "/hosts", .cluster = "physics", .shared = false};
  options.command = {"/usr/bin/tell-dns", "--now"};
  names::HostsFile file(runner, options);
  runner.on("tell-dns --now", {.output = "", .errors = "no zone\n", .exit_code = 1}).on("tell-dns --now", {});
  const auto refused = file.write(entries({{"w1", "10.0.0.1"}}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("exits with 1") != std::string::npos);
  CHECK(file.read()->empty());
  REQUIRE(file.write(entries({{"w1", "10.0.0.1"}})));
  CHECK(runner.calls.back().input == "10.0.0.1 w1\n");
  CHECK(*read_file(folder.path + "/hosts") == "10.0.0.1 w1\n");
}
