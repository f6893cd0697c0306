#pragma once

#include <tide/config/config.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tide::config {

// A key, or with `value` one value of a key, that the design has and this version does not obey. Never ignored.
struct LaterKey {
  std::string_view section;
  std::string_view name;
  std::string_view value;  // "": the key itself
};

std::span<const LaterKey> later_keys();
bool is_later(std::string_view section, std::string_view name, std::string_view value);

// A fallback as written in TOML, without its quotes or brackets: what a key that is absent means.
std::vector<std::string> fallback_texts(const KeySpec& key);

}  // namespace tide::config
