#include "cmd/output/columns.hpp"

#include <algorithm>

namespace tide::cmd::output {

// Characters, not bytes: what UTF-8 goes on with is not counted.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Table choose_columns(const std::vector<Column>& columns, const std::vector<std::size_t>& widths, std::size_t room,
                     std::size_t last_most, std::size_t kept) {
  Table table;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].header.empty() || (columns[i].optional && widths[i] == 0)) continue;
    table.shown.push_back({i, std::max(widths[i], width_of(columns[i].header))});
  }
  const auto needed = [&] {
    std::size_t sum = 0;
    for (const Shown& one : table.shown) sum += one.width + k_gap;
    const std::size_t last = table.shown.empty() ? 0 : table.shown.back().width;
    return sum - std::min(sum, k_gap) - (last - std::min(last, last_most));
  };
  const auto spare = [&](const Shown& one) { return one.column == kept ? 0 : columns[one.column].spare; };
  while (room > 0 && needed() > room) {
    const auto next = std::ranges::max_element(table.shown, {}, spare);
    if (next == table.shown.end() || spare(*next) == 0) break;
    table.dropped.push_back(columns[next->column].header);
    table.shown.erase(next);
  }
  return table;
}

}  // namespace tide::cmd::output
