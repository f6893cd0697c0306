#pragma once

#include <tide/config/problems.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tide::config {

enum class Form { text, integer, real, flag, list, table, other };

// A value as it stands in the file, not yet judged. Numbers are kept as text: a price never becomes a binary fraction
// that differs from what was written (a TOML float is printed with the fewest digits that read back as the same one).
struct Value {
  Form form = Form::other;
  std::vector<std::string> texts;              // one, or those of a list
  bool all_text = true;                        // every item of a list, every entry of a table is a string
  std::map<std::string, std::string> entries;  // of a table
  Place place;                                 // of the value
  Place key_place;
};

// [cluster], [clouds.aws], ...
struct Section {
  std::string name;  // "clouds.aws"
  Place place;
  std::map<std::string, Value, std::less<>> values;

  const Value* find(std::string_view key) const {
    const auto found = values.find(key);
    return found == values.end() ? nullptr : &found->second;
  }
};

// Sections in the order of their names. What is no TOML, or no section, is added to the problems.
std::map<std::string, Section> read_document(const std::string& text, Problems& problems);

// The kind of section: "clouds.*" for "clouds.aws".
std::string family(std::string_view section);

}  // namespace tide::config
