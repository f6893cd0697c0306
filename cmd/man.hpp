#pragma once

#include "cmd/command.hpp"

#include <span>
#include <string>

namespace tide::cmd {

// The pages by the names that `tide man` takes: "tide", "tide.toml", then a command each ("config check").
std::vector<std::string> man_pages(std::span<const CommandSpec> commands);

// One page as roff (man(7) macros): prose of man/, options from the specs, keys from the key tables. Error: usage.
Result<std::string> man_page(std::span<const CommandSpec> commands, const std::string& page);

}  // namespace tide::cmd
