#pragma once

#include <tide/config/document.hpp>
#include <tide/config/keys.hpp>

#include <span>
#include <string>
#include <vector>

namespace tide::config {

// A section against the keys that may stand in it: unknown keys, wrong types, unreadable values and what this version
// does not obey yet become problems. `everywhere` has all keys of the file, to say where a misplaced one belongs.
void judge(const Section& section, std::span<const KeySpec> keys, std::span<const KeySpec> everywhere,
           Problems& problems);

// Typed reading of a judged section: the value, else what its absence means. A value that judge() told to be wrong
// reads as absent, so that the rest of the file is still checked.
class Reader {
 public:
  Reader(const Section& section, std::span<const KeySpec> keys) : m_section(section), m_keys(keys) {}

  bool has(std::string_view key) const { return m_section.find(key) != nullptr; }
  Place place(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::string text(std::string_view key) const;
  int number(std::string_view key) const;
  Seconds duration(std::string_view key) const;
  std::optional<std::int64_t> size_mib(std::string_view key) const;
  std::optional<std::int64_t> money_micros(std::string_view key) const;
  int thousandths(std::string_view key) const;  // of a decimal; what is finer is cut off
  int percent(std::string_view key) const;
  std::map<std::string, std::string> entries(std::string_view key) const;
  const Section& section() const { return m_section; }

 private:
  const KeySpec* spec(std::string_view key) const;
  const Section& m_section;
  std::span<const KeySpec> m_keys;
};

}  // namespace tide::config
