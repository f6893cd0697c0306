#include "cmd/commands.hpp"
#include "cmd/context.hpp"
#include "cmd/help.hpp"
#include "cmd/man.hpp"
#include "cmd/manuals.hpp"

#include <tide/config/config.hpp>
#include <tide/core/exit_code.hpp>
#include <tide/util/files.hpp>

#include <doctest/doctest.h>
#include <where.hpp>

#include <algorithm>
#include <set>

namespace cmd = tide::cmd;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string escaped(const std::string& text) {
  std::string out;
  for (const char letter : text) out += letter == '-' ? std::string("\\-") : std::string(1, letter);
  return out;
}

std::string long_name(const cmd::OptionSpec& option) { return option.name.substr(option.name.find(',') + 1); }

}  // namespace

TEST_CASE("commands: each has a name, a summary without a full stop, and something to run") {
  std::set<std::string> names;
  for (const cmd::CommandSpec& command : cmd::all_commands()) {
    CAPTURE(command.name);
    CHECK(names.insert(command.name).second);
    REQUIRE_FALSE(command.summary.empty());
    CHECK(command.summary.back() != '.');
    CHECK(command.run != nullptr);
    for (const cmd::OptionSpec& option : command.options) {
      CAPTURE(option.name);
      REQUIRE_FALSE(option.help.empty());
      CHECK(option.help.back() != '.');
      CHECK(option.value.empty() == std::holds_alternative<bool*>(option.target));
    }
  }
}

TEST_CASE("help: every command and every option is documented") {
  const auto commands = cmd::all_commands();
  const std::string overview = cmd::overview(commands);
  for (const cmd::OptionSpec& option : cmd::global_options()) CHECK(has(overview, option.help));
  for (const cmd::CommandSpec& command : commands) {
    const bool hidden = command.name.starts_with("__");
    CAPTURE(command.name);
    CHECK(has(overview, "  " + command.name + " ") != hidden);
    const std::string help = cmd::help_of(command);
    CHECK(help.starts_with("Usage: tide " + command.name));
    for (const cmd::OptionSpec& option : command.options) CHECK(has(help, option.help));
    CHECK(has(help, "Do not ask") == command.changes);
    CHECK(has(help, " --wait ") == cmd::can_wait(command.name));  // elsewhere it is refused
    CHECK(has(help, std::string(tide::core::meaning(tide::core::ExitCode::timeout))));
  }
}

TEST_CASE("man: every command has a page with its options, exit codes and an example") {
  const auto commands = cmd::all_commands();
  for (const cmd::CommandSpec& command : commands) {
    CAPTURE(command.name);
    const auto page = cmd::man_page(commands, command.name);
    if (command.name.starts_with("__")) {
      CHECK_FALSE(page);
      continue;
    }
    REQUIRE(page);
    CHECK(has(*page, ".SH EXAMPLE"));
    CHECK(has(*page, ".SH SEE ALSO"));
    CHECK(has(*page, ".SH EXIT STATUS"));
    for (const cmd::OptionSpec& option : command.options) {
      CHECK(has(*page, escaped(option.name.starts_with('-') ? long_name(option) : option.value)));
    }
  }
  const auto overview = cmd::man_page(commands, "tide");
  REQUIRE(overview);
  for (const cmd::OptionSpec& option : cmd::global_options()) CHECK(has(*overview, escaped(long_name(option))));
}

TEST_CASE("schemas: every reading command that has JSON has one") {
  for (const cmd::CommandSpec& command : cmd::all_commands()) {
    const bool has_no_json = command.name == "watch" || command.name == "wait";
    if (command.group != cmd::Group::look || has_no_json) continue;
    CAPTURE(command.name);
    CHECK(tide::file_exists(tide::test::source_folder() + "/man/schema/" + command.name + ".json"));
  }
}

TEST_CASE("man: no page is left without a command") {
  const auto commands = cmd::all_commands();
  for (const cmd::Manual& manual : cmd::manuals()) {
    CAPTURE(std::string(manual.page));
    CHECK(cmd::man_page(commands, std::string(manual.page)));
  }
  CHECK(cmd::manuals().size() == cmd::man_pages(commands).size());
}

TEST_CASE("man: tide.toml(5) has every key") {
  const auto page = cmd::man_page(cmd::all_commands(), "tide.toml");
  REQUIRE(page);
  for (const tide::config::KeySpec& key : tide::config::common_keys()) {
    CAPTURE(std::string(key.name));
    CHECK(has(*page, "\\fB" + escaped(std::string(key.name)) + "\\fR ("));
  }
  for (const tide::config::AdapterKeys& adapter : cmd::adapter_keys()) {
    for (const auto keys : {adapter.cloud_keys, adapter.pool_keys, adapter.batch_keys}) {
      for (const tide::config::KeySpec& key : keys)
        CHECK(has(*page, "\\fB" + escaped(std::string(key.name)) + "\\fR ("));
    }
  }
}

TEST_CASE("man: an unknown page names the nearest") {
  const auto page = cmd::man_page(cmd::all_commands(), "kil-node");
  REQUIRE_FALSE(page);
  CHECK(page.error().kind == tide::ErrorKind::usage);
  CHECK(page.error().hint == "Did you mean 'kill-node'?");
}
