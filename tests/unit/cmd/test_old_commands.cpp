#include "cmd/commands.hpp"
#include "cmd/help.hpp"
#include "cmd/manuals.hpp"

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <doctest/doctest.h>
#include <where.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace tide;

namespace {

std::vector<std::string> table_of(std::string_view text) {
  std::vector<std::string> rows;
  bool inside = false;
  for (const std::string_view line : split(text, '\n')) {
    if (line == "| old | new | where they differ |") inside = true;
    if (inside && !line.starts_with("|")) break;
    if (inside) rows.emplace_back(line);
  }
  return rows;
}

// What stands between backquotes.
std::vector<std::string> quoted_in(std::string_view cell) {
  std::vector<std::string> found;
  const auto pieces = split(cell, '`');
  for (std::size_t i = 1; i < pieces.size(); i += 2) found.emplace_back(pieces[i]);
  return found;
}

bool has_option(std::span<const cmd::OptionSpec> options, std::string_view word) {
  return std::ranges::any_of(options, [&](const cmd::OptionSpec& option) {
    const auto names = split(option.name, ',');
    return std::ranges::find(names, word) != names.end();
  });
}

// What of "tide info --nodes-file" is no command or option; "" if all is.
std::string unknown_in(const std::string& line) {
  const auto commands = cmd::all_commands();
  const auto words = split(line, ' ');
  const auto named = [&](const std::string& name) {
    return std::ranges::find(commands, name, &cmd::CommandSpec::name);
  };
  std::size_t next = 2;
  auto command = named(std::string(words[1]));
  if (command == commands.end() && words.size() > 2)
    command = named(std::string(words[1]) + " " + std::string(words[next++]));
  if (command == commands.end()) return std::string(words[1]);
  for (; next < words.size(); ++next) {
    const std::string_view word = words[next];
    const bool option = word.starts_with('-');
    if (option && !has_option(command->options, word) && !has_option(cmd::global_options(), word))
      return std::string(word);
    const bool takes_words = std::ranges::any_of(command->options, [&](const cmd::OptionSpec& each) {
      return !each.name.starts_with('-') || !each.value.empty();
    });
    if (!option && !takes_words) return std::string(word);
  }
  return "";
}

std::string prose_of(std::string_view page) {
  for (const cmd::Manual& manual : cmd::manuals()) {
    if (manual.page == page) return std::string(manual.prose);
  }
  return "";
}

}  // namespace

TEST_CASE("old commands: README and tide(1) have the same table") {
  const auto manual = table_of(prose_of("tide"));
  CHECK(manual.size() > 10);
  CHECK(table_of(read_file(test::source_folder() + "/README.md").value()) == manual);
}

TEST_CASE("old commands: each of them has its row") {
  std::vector<std::string> old;
  for (const std::string& row : table_of(prose_of("tide"))) {
    for (const std::string& word : quoted_in(split(row, '|')[1])) old.push_back(word);
  }
  for (const char* command :
       {"admin.py -i", "admin.py -i -c S", "admin.py -k HOST", "admin.py -d HOST", "admin.py -f", "admin.py -s",
        "admin.py -l", "admin.py -w", "admin.py -g", "elastiqctl start", "elastiqctl stop", "restart",
        "elastiqctl status", "elastiqctl log", "elastiqctl conf", "phorque.py -d"}) {
    CAPTURE(command);
    CHECK(std::ranges::find(old, command) != old.end());
  }
}

TEST_CASE("old commands: each new command and option is there") {
  CHECK(unknown_in("tide lunch small") == "lunch");
  CHECK(unknown_in("tide launch --cuont") == "--cuont");
  CHECK(unknown_in("tide version NODE") == "NODE");
  CHECK(unknown_in("tide config check --ask-clouds").empty());
  for (const std::string& row : table_of(prose_of("tide"))) {
    for (const std::string& line : quoted_in(split(row, '|')[2])) {
      CAPTURE(line);
      REQUIRE(line.starts_with("tide "));
      CHECK(unknown_in(line) == "");
    }
  }
}
