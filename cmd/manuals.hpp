#pragma once

#include <span>
#include <string_view>

namespace tide::cmd {

// The prose of man/<page>.md, compiled in by the build: "tide", "tide.toml", "launch", "config-check", ...
struct Manual {
  std::string_view page;
  std::string_view prose;
};

std::span<const Manual> manuals();

}  // namespace tide::cmd
