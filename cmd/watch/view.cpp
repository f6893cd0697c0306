#include "cmd/watch/view.hpp"

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::cmd::watch {

namespace {

constexpr std::size_t k_cell_max = 200;

// "0.17", "12", "-": numbers sort as numbers, whatever else as text.
std::optional<std::int64_t> number_in(const std::string& text) {
  if (const auto whole = parse_integer(text)) return *whole * 1'000'000;
  const auto money = parse_money_micros(text);
  return money ? std::optional(*money) : std::nullopt;
}

bool less(const std::string& left, const std::string& right) {
  const auto a = number_in(left);
  const auto b = number_in(right);
  if (a && b) return *a < *b;
  if (a.has_value() != b.has_value()) return a.has_value();
  return left < right;
}

// What a row is called: its first cell; machines whose node is still to come have only the second.
std::string name_of(const std::vector<std::string>& cells) {
  std::string name;
  for (std::size_t i = 0; i < std::min<std::size_t>(2, cells.size()); ++i) name += cells[i] + "\n";
  return name;
}

}  // namespace

std::string text_of(const Line& line) {
  std::string text;
  for (const Span& span : line) text += span.text;
  return text;
}

View::Tab View::tab_of(const output::Section& section, const Tab* before) const {
  Tab tab;
  if (before != nullptr) {
    tab.sort = before->sort;
    tab.reverse = before->reverse;
    tab.top = before->top;
    tab.selected = before->selected;
    tab.selected_name = before->selected_name;
  }
  tab.name = section.name;
  tab.empty = section.empty.empty() ? "Nothing." : section.empty;
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < section.columns.size(); ++i) {
    if (section.columns[i].header.empty()) continue;
    if (section.columns[i].key == "phase") tab.phase = columns.size();
    columns.push_back(i);
    tab.columns.push_back(section.columns[i]);
  }
  tab.widths.assign(columns.size(), 0);
  std::map<std::string, const Row*> known;
  if (before != nullptr) {
    for (const Row& row : before->rows) known.emplace(name_of(row.cells), &row);
  }
  tab.rows.reserve(section.rows.size());
  for (const auto& cells : section.rows) {
    Row row;
    for (std::size_t k = 0; k < columns.size(); ++k) {
      row.cells.push_back(printable(output::shown_text(cells[columns[k]]), k_cell_max));
      tab.widths[k] = std::max(tab.widths[k], output::width_of(row.cells.back()));
    }
    row.changed.assign(columns.size(), false);
    const auto old = known.find(name_of(row.cells));
    row.fresh = before != nullptr && old == known.end();
    if (old != known.end() && old->second->cells.size() == row.cells.size()) {
      for (std::size_t k = 0; k < columns.size(); ++k) row.changed[k] = old->second->cells[k] != row.cells[k];
    }
    tab.rows.push_back(std::move(row));
  }
  arrange(tab);
  return tab;
}

void View::arrange(Tab& tab) const {
  const std::string wanted = to_lower(m_filter);
  tab.order.clear();
  for (std::size_t i = 0; i < tab.rows.size(); ++i) {
    const bool passes = wanted.empty() || std::ranges::any_of(tab.rows[i].cells, [&](const std::string& cell) {
                          return to_lower(cell).find(wanted) != std::string::npos;
                        });
    if (passes) tab.order.push_back(i);
  }
  if (tab.sort < tab.columns.size()) {
    std::ranges::stable_sort(tab.order, [&](std::size_t left, std::size_t right) {
      return less(tab.rows[left].cells[tab.sort], tab.rows[right].cells[tab.sort]);
    });
  }
  if (tab.reverse) std::ranges::reverse(tab.order);
  // The selection stays on its row, wherever that went.
  const auto same =
      std::ranges::find_if(tab.order, [&](std::size_t i) { return name_of(tab.rows[i].cells) == tab.selected_name; });
  if (same != tab.order.end()) tab.selected = static_cast<std::size_t>(same - tab.order.begin());
  tab.selected = std::min(tab.selected, tab.order.empty() ? 0 : tab.order.size() - 1);
}

void View::update(Look look) {
  std::vector<Tab> tabs;
  for (const output::Section& section : look.tabs) {
    const auto before = std::ranges::find(m_tabs, section.name, &Tab::name);
    tabs.push_back(tab_of(section, before == m_tabs.end() ? nullptr : &*before));
  }
  m_tabs = std::move(tabs);
  m_tab = std::min(m_tab, m_tabs.empty() ? 0 : m_tabs.size() - 1);
  m_look = std::move(look);
  m_look.tabs.clear();
  keep_in_sight();
}

void View::resize(int rows, int columns) {
  m_rows = std::max(rows, 1);
  m_columns = std::max(columns, 1);
  keep_in_sight();
}

void View::keep_in_sight() {
  const std::size_t seen = std::max<std::size_t>(1, room());
  for (Tab& tab : m_tabs) {
    if (tab.selected < tab.top) tab.top = tab.selected;
    if (tab.selected >= tab.top + seen) tab.top = tab.selected - seen + 1;
    if (tab.top + seen > tab.order.size()) tab.top = tab.order.size() > seen ? tab.order.size() - seen : 0;
  }
}

void View::move(std::int64_t by) {
  if (m_tabs.empty() || m_tabs[m_tab].order.empty()) return;
  Tab& tab = m_tabs[m_tab];
  const auto last = static_cast<std::int64_t>(tab.order.size()) - 1;
  tab.selected =
      static_cast<std::size_t>(std::clamp(static_cast<std::int64_t>(tab.selected) + by, std::int64_t{0}, last));
  tab.selected_name = name_of(tab.rows[tab.order[tab.selected]].cells);
  keep_in_sight();
}

Asked View::press(Key key, char letter) {
  constexpr std::int64_t k_far = 1'000'000'000;
  const auto page = static_cast<std::int64_t>(std::max<std::size_t>(1, room()));
  const auto rearrange = [&] {
    for (Tab& tab : m_tabs) arrange(tab);
    keep_in_sight();
    return Asked::nothing;
  };
  if (m_help && key != Key::letter) m_help = false;
  switch (key) {
    case Key::up: move(-1); return Asked::nothing;
    case Key::down: move(1); return Asked::nothing;
    case Key::page_up: move(-page); return Asked::nothing;
    case Key::page_down: move(page); return Asked::nothing;
    case Key::home: move(-k_far); return Asked::nothing;
    case Key::end: move(k_far); return Asked::nothing;
    case Key::tab:
      if (!m_tabs.empty()) m_tab = (m_tab + 1) % m_tabs.size();
      return Asked::nothing;
    case Key::back_tab:
      if (!m_tabs.empty()) m_tab = (m_tab + m_tabs.size() - 1) % m_tabs.size();
      return Asked::nothing;
    case Key::enter: m_typing = false; return Asked::nothing;
    case Key::escape: m_typing = false, m_filter.clear(); return rearrange();
    case Key::backspace:
      if (m_typing && !m_filter.empty()) m_filter.pop_back();
      return rearrange();
    case Key::letter: break;
  }
  if (m_typing) {
    m_filter += letter;
    return rearrange();
  }
  if (m_help) {
    m_help = false;
    return Asked::nothing;
  }
  Tab* tab = m_tabs.empty() ? nullptr : &m_tabs[m_tab];
  switch (letter) {
    case 'q': return Asked::quit;
    case '?': m_help = true; return Asked::nothing;
    case '/': m_typing = true; return Asked::nothing;
    case ' ': return Asked::look_again;
    case 'j': move(1); return Asked::nothing;
    case 'k': move(-1); return Asked::nothing;
    case 's':
      if (tab != nullptr)
        tab->sort = tab->sort >= tab->columns.size() - 1 ? (tab->sort == SIZE_MAX ? 0 : SIZE_MAX) : tab->sort + 1;
      return rearrange();
    case 'r':
      if (tab != nullptr) tab->reverse = !tab->reverse;
      return rearrange();
    default: break;
  }
  if (letter >= '1' && letter <= '9' && static_cast<std::size_t>(letter - '1') < m_tabs.size())
    m_tab = static_cast<std::size_t>(letter - '1');
  return Asked::nothing;
}

}  // namespace tide::cmd::watch
