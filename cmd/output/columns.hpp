#pragma once

#include <string>
#include <vector>

namespace tide::cmd::output {

struct Column {
  std::string key;        // in JSON and CSV; added, never changed
  std::string header;     // in the table; "" leaves the column out of it
  bool optional = false;  // the table leaves it out where no row says anything
  int spare = 0;          // where a terminal is too narrow the highest go first; 0 stays
};

struct Shown {
  std::size_t column = 0;  // its index
  std::size_t width = 0;   // of its widest cell, or its header
};

struct Table {
  std::vector<Shown> shown;
  std::vector<std::string> dropped;  // headers of those that there was no room for
};

constexpr std::size_t k_gap = 2;  // blanks between two columns

// Which columns a table shows. `widths`: each one's widest cell, 0 where no row says anything. `room`: characters of
// the line, 0: no terminal, all are shown. The last one needs no more than `last_most` of it: it is wrapped or cut.
// `kept` is never dropped.
Table choose_columns(const std::vector<Column>& columns, const std::vector<std::size_t>& widths, std::size_t room,
                     std::size_t last_most, std::size_t kept = SIZE_MAX);

std::size_t width_of(const std::string& text);  // characters, not bytes

}  // namespace tide::cmd::output
