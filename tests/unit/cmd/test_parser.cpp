#include "cmd/bind_cli11.hpp"

#include <doctest/doctest.h>

namespace cmd = tide::cmd;
using Words = std::vector<std::string>;

namespace {

// A small table of commands with every kind of target.
struct Table {
  std::string pool;
  int count = 1;
  bool force = false;
  Words nodes;
  Words sections;
  Words completion;
  std::vector<cmd::CommandSpec> commands;

  Table() {
    commands = {
        {.name = "info", .summary = "Look", .options = {{"--section", "NAME", "Part", &sections}}, .run = nullptr},
        {.name = "launch",
         .summary = "Launch",
         .options = {{"POOL", "POOL", "Pool", &pool, true}, {"-n,--count", "N", "Number", &count}},
         .run = nullptr,
         .changes = true},
        {.name = "kill-node",
         .summary = "Kill",
         .options = {{"NODE", "NODE", "Node", &nodes, true}, {"--force", "", "Force", &force}},
         .run = nullptr,
         .changes = true},
        {.name = "config check", .summary = "Check", .options = {}, .run = nullptr},
        {.name = "config keys", .summary = "Keys", .options = {}, .run = nullptr},
        {.name = "__complete",
         .summary = "Hidden",
         .options = {{"WORDS", "WORDS", "Words", &completion}},
         .run = nullptr},
    };
  }
};

struct Parsed {
  Table table;
  bool json = false;
  tide::Result<cmd::Invocation> result;

  explicit Parsed(const Words& words) : result(cmd::parse_command_line(table.commands, words, json)) {}
  std::string command() const { return result && result->command != nullptr ? result->command->name : ""; }
};

}  // namespace

TEST_CASE("parser: what is well typed names its command") {
  struct Row {
    Words words;
    std::string command;
  };
  const std::vector<Row> rows = {
      {{"info"}, "info"},
      {{"launch", "small", "-n", "3"}, "launch"},
      {{"launch", "-n3", "small"}, "launch"},
      {{"launch", "--count=3", "small"}, "launch"},
      {{"kill-node", "info"}, "kill-node"},
      {{"kill-node", "--force", "wn1", "wn2"}, "kill-node"},
      {{"kill-node", "--", "-odd-name"}, "kill-node"},
      {{"config", "check"}, "config check"},
      {{"-c", "t.toml", "config", "-v", "keys"}, "config keys"},
      {{"--dry-run", "launch", "small", "--yes"}, "launch"},
  };
  for (const Row& row : rows) {
    const Parsed parsed(row.words);
    CAPTURE(row.words);
    REQUIRE(parsed.result);
    CHECK(parsed.result->kind == cmd::Invocation::Kind::run);
    CHECK(parsed.command() == row.command);
  }
}

TEST_CASE("parser: what is mistyped is a usage error that says what and what else") {
  struct Row {
    Words words;
    std::string message;
    std::string hint;
  };
  const std::vector<Row> rows = {
      {{}, "no command given", "tide help"},
      {{"infoo"}, "'infoo' is not a command of 'tide'", "Did you mean 'info'?"},
      {{"xyzzyxyzzy"}, "'xyzzyxyzzy' is not a command of 'tide'", "tide help"},
      {{"__complet"}, "'__complet' is not a command of 'tide'", "tide help"},
      {{"config"}, "'tide config' needs a command of its own: check, keys", "tide config check"},
      {{"config", "chek"}, "'chek' is not a command of 'tide config'", "Did you mean 'check'?"},
      {{"config", "check", "more"}, "'more' is one argument too many for 'tide config check'", "--help"},
      {{"kill-node", "wn1", "--froce"}, "'--froce' is not an option of 'tide kill-node'", "Did you mean '--force'?"},
      {{"info", "--jsno"}, "'--jsno' is not an option of 'tide info'", "Did you mean '--json'?"},
      {{"launch"}, "'POOL' is missing after 'tide launch'", "tide launch --help"},
      {{"kill-node", "--force"}, "'NODE' is missing after 'tide kill-node'", "tide kill-node --help"},
      {{"launch", "a", "b"}, "'b' is one argument too many for 'tide launch'", "tide launch --help"},
      {{"launch", "a", "-n", "-3"}, "'-3' is not a number for '--count'", "whole number"},
      {{"launch", "a", "-n", "3.5"}, "'3.5' is not a number for '--count'", "whole number"},
      {{"launch", "a", "-n", "99999999999"}, "'99999999999' is not a number for '--count'", "whole number"},
      {{"launch", "a", "-n"}, "'--count' needs a value: N", "tide launch --help"},
      {{"launch", "a", "-n", "1", "--count", "2"}, "'--count' is given 2 times: '1' and '2'", "once"},
      {{"-c", "a", "info", "-c", "b"}, "'--config' is given 2 times: 'a' and 'b'", "once"},
      {{"info", "-c"}, "'--config' needs a value: FILE", "tide help"},
      {{"kill-node", "a", "--force=3"}, "'--force' takes no value", ""},
      {{"info", "-o", "jsno"}, "'jsno' is not a value of '--output'", "Did you mean 'json'?"},
      {{"info", "--color", "blue"}, "'blue' is not a value of '--color'", "auto, always, never"},
      {{"info", "-o", "csv", "--json"}, "'--json' and '--output csv' contradict each other", "one of them"},
      {{"launch", "a", "--wait", "--no-wait"}, "'--wait' and '--no-wait' contradict each other", "one of them"},
      {{"info", "-q", "-v"}, "'--quiet' and '--verbose' contradict each other", "one of them"},
  };
  for (const Row& row : rows) {
    const Parsed parsed(row.words);
    CAPTURE(row.words);
    REQUIRE_FALSE(parsed.result);
    CHECK(parsed.result.error().kind == tide::ErrorKind::usage);
    CHECK(parsed.result.error().message == row.message);
    CHECK(parsed.result.error().hint.find(row.hint) != std::string::npos);
  }
}

TEST_CASE("parser: values arrive at their targets") {
  const Parsed launch({"launch", "small", "-n", "010"});
  CHECK(launch.table.pool == "small");
  CHECK(launch.table.count == 10);  // never octal
  const Parsed kill({"kill-node", "wn1", "--force", "wn2"});
  CHECK(kill.table.nodes == Words{"wn1", "wn2"});
  CHECK(kill.table.force);
  const Parsed info({"info", "--section", "jobs", "--section", "pools"});
  CHECK(info.table.sections == Words{"jobs", "pools"});
  CHECK(Parsed({"launch", "small"}).table.count == 1);
}

TEST_CASE("parser: global options may stand before or after the command") {
  for (const Words& words :
       {Words{"-c", "f", "-o", "csv", "--color", "never", "-q", "--timeout", "9s", "--yes", "kill-node", "a"},
        Words{"kill-node", "a", "-c", "f", "-o", "csv", "--color=never", "-q", "--timeout=9s", "--yes"}}) {
    const Parsed parsed(words);
    REQUIRE(parsed.result);
    const cmd::GlobalOptions& global = parsed.result->global;
    CHECK(global.config == "f");
    CHECK(global.output == cmd::OutputFormat::csv);
    CHECK(global.color == cmd::Color::never);
    CHECK(global.quiet);
    CHECK(global.yes);
    CHECK_FALSE(global.dry_run);
    CHECK(global.timeout == "9s");
  }
}

TEST_CASE("parser: --json is -o json, and is known although the rest is wrong") {
  for (const Words& words : {Words{"info", "--json"}, Words{"-o", "json", "info"}, Words{"info", "--output=json"},
                             Words{"info", "-ojson"}}) {
    const Parsed parsed(words);
    CAPTURE(words);
    CHECK(parsed.json);
    REQUIRE(parsed.result);
    CHECK(parsed.result->global.output == cmd::OutputFormat::json);
  }
  CHECK(Parsed({"--bad", "--json"}).json);
  CHECK(Parsed({"info", "-o", "json", "--bad"}).json);
  CHECK_FALSE(Parsed({"info", "-o", "table"}).json);
  CHECK_FALSE(Parsed({"kill-node", "--", "--json"}).json);
}

TEST_CASE("parser: commands that change nothing refuse the options of those that do") {
  for (const std::string option : {"--dry-run", "--yes", "--wait", "--no-wait"}) {
    CAPTURE(option);
    const Parsed look({"info", option});
    REQUIRE_FALSE(look.result);
    CHECK(look.result.error().kind == tide::ErrorKind::usage);
    CHECK(look.result.error().message == "'" + option + "' means nothing to 'tide info', which changes nothing");
    CHECK(Parsed({"launch", "small", option}).result);
  }
}

TEST_CASE("parser: --help and --version win over what is missing") {
  const Parsed overview({"--help"});
  REQUIRE(overview.result);
  CHECK(overview.result->kind == cmd::Invocation::Kind::help);
  CHECK(overview.result->command == nullptr);
  const Parsed launch({"launch", "-h"});
  REQUIRE(launch.result);
  CHECK(launch.result->kind == cmd::Invocation::Kind::help);
  CHECK(launch.command() == "launch");
  CHECK(Parsed({"config", "keys", "--help"}).command() == "config keys");
  const Parsed version({"--version"});
  REQUIRE(version.result);
  CHECK(version.result->kind == cmd::Invocation::Kind::version);
}

TEST_CASE("parser: the words to complete are handed on as they are") {
  const Parsed parsed({"__complete", "--", "launch", "--", "--json", "-o", ""});
  REQUIRE(parsed.result);
  CHECK(parsed.command() == "__complete");
  CHECK(parsed.table.completion == Words{"launch", "--", "--json", "-o", ""});
  CHECK_FALSE(parsed.json);
}
