#include "cmd/watch/view.hpp"

#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::cmd::watch {

namespace {

constexpr std::size_t k_head = 4;    // title, sources, two strips
constexpr std::size_t k_frame = 3;   // tabs, headers, status
constexpr std::size_t k_label = 22;  // of a strip

// At most `width` characters of it, never half of one.
std::string cut(const std::string& text, std::size_t width) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (begins && seen++ == width) return text.substr(0, i);
  }
  return text;
}

std::string padded(const std::string& text, std::size_t width) {
  const std::string fitting = cut(text, width);
  return fitting + std::string(width - output::width_of(fitting), ' ');
}

Line fitted(const Line& line, std::size_t width) {
  Line out;
  std::size_t used = 0;
  for (const Span& span : line) {
    Span part{cut(span.text, width - used), span.style};
    used += output::width_of(part.text);
    if (!part.text.empty()) out.push_back(std::move(part));
  }
  return out;
}

std::int64_t last_of(const std::vector<store::Sample>& samples, std::int64_t store::Sample::*what) {
  return samples.empty() ? 0 : samples.back().*what;
}

}  // namespace

std::size_t View::room() const {
  const std::size_t used = k_head + k_frame + std::min<std::size_t>(m_look.troubles.size(), 2);
  const auto rows = static_cast<std::size_t>(m_rows);
  return rows > used ? rows - used : 0;
}

// What can be spared goes first where the screen is narrow; where that is not enough the widest is cut, down to
// k_column.
std::vector<output::Shown> View::shown_columns(const Tab& tab, std::size_t width) const {
  constexpr std::size_t k_mark = 2;     // before each row
  constexpr std::size_t k_why = 12;     // of the last column, at the least
  constexpr std::size_t k_column = 16;  // of one that is cut
  const std::size_t room = width > k_mark ? width - k_mark : 1;
  std::vector<output::Shown> shown = output::choose_columns(tab.columns, tab.widths, room, k_why, tab.sort).shown;
  std::size_t needed = k_why;
  for (std::size_t k = 0; k + 1 < shown.size(); ++k) needed += shown[k].width + output::k_gap;
  while (needed > room && shown.size() > 1) {
    output::Shown& widest = *std::max_element(
        shown.begin(), shown.end() - 1, [](const auto& left, const auto& right) { return left.width < right.width; });
    if (widest.width <= k_column) break;
    const std::size_t less = std::min(needed - room, widest.width - k_column);
    widest.width -= less;
    needed -= less;
  }
  return shown;
}

Line View::header_line(const Tab& tab, const std::vector<output::Shown>& shown, std::size_t width) const {
  Line line{{"  ", Style::title}};
  for (const auto& [i, wide] : shown) {
    const bool sorted = i == tab.sort;
    line.push_back({padded(tab.columns[i].header + (sorted ? tab.reverse ? "-" : "+" : ""), wide + 1) + " ",
                    sorted ? Style::changed : Style::title});
  }
  return fitted(line, width);
}

Line View::row_line(const Tab& tab, std::size_t at, const std::vector<output::Shown>& shown, std::size_t width,
                    bool selected) const {
  const Row& row = tab.rows[tab.order[at]];
  const bool any = std::ranges::find(row.changed, true) != row.changed.end();
  const Style base = tab.phase < row.cells.size() ? output::style_of_phase(row.cells[tab.phase]) : Style::plain;
  Line line{{row.fresh ? "+ " : any ? "* " : "  ", Style::changed}};
  for (const auto& [i, wide] : shown) {
    const Style style = selected ? Style::selected : row.changed[i] || row.fresh ? Style::changed : base;
    line.push_back({padded(row.cells[i], wide) + "  ", style});
  }
  return fitted(line, width);
}

Line View::tabs_line(std::size_t width) const {
  Line line;
  for (std::size_t i = 0; i < m_tabs.size(); ++i) {
    line.push_back({fmt::format("{}{} {}{}", i == m_tab ? "[" : " ", i + 1, m_tabs[i].name, i == m_tab ? "]" : " "),
                    i == m_tab ? Style::selected : Style::plain});
    line.push_back({" ", Style::plain});
  }
  if (m_typing || !m_filter.empty())
    line.push_back({fmt::format(" filter: {}{}", m_filter, m_typing ? "_" : ""), Style::changed});
  return fitted(line, width);
}

Line View::status_line(std::size_t width) const {
  const Tab* tab = m_tabs.empty() ? nullptr : &m_tabs[m_tab];
  std::string text;
  if (tab != nullptr) {
    const std::size_t last = std::min(tab->order.size(), tab->top + room());
    text = fmt::format("{}-{} of {}", tab->order.empty() ? 0 : tab->top + 1, last, tab->order.size());
    if (tab->order.size() != tab->rows.size()) text += fmt::format(" ({} in all)", tab->rows.size());
    text += tab->sort < tab->columns.size() ? ", by " + tab->columns[tab->sort].header : "";
  }
  if (m_looking.count() > 0)
    text += fmt::format("{}reading for {} s", text.empty() ? "" : ", ", m_looking.count());
  else if (tab == nullptr)
    text = "reading";
  return fitted({{text + "   ", m_looking.count() > 0 ? Style::warn : Style::plain},
                 {"? help  / filter  s sort  r reverse  Tab part  q quit", Style::dim}},
                width);
}

std::vector<Line> View::help_lines() const {
  std::vector<Line> lines;
  for (const char* text : {"tide watch", "", "  Up Down j k       a row", "  PgUp PgDn         a screen",
                           "  Home End          first, last", "  Tab 1 2 3 ...     another part",
                           "  s                 sort by the next column", "  r                 the other way round",
                           "  /                 filter: rows with this text", "  Esc               no filter",
                           "  Space             look again now", "  q                 quit", "",
                           "  * changed since the last look, + new", "", "Any key goes back."})
    lines.push_back({{text, Style::plain}});
  return lines;
}

std::vector<Line> View::head_lines(std::size_t width) const {
  const std::size_t wide = width > k_label + 10 ? width - k_label : 0;
  const auto history = [&](const char* name, std::int64_t store::Sample::*what, Style style) {
    const std::string label = fmt::format("{} {}", name, last_of(m_look.samples, what));
    return fitted(
        {{padded(label, k_label), Style::plain}, {strip(m_look.samples, what, m_look.at, wide, m_unicode), style}},
        width);
  };
  std::vector<Line> lines{fitted({{m_look.title, Style::title}}, width), fitted({{m_look.sources, Style::dim}}, width),
                          history("jobs waiting", &store::Sample::jobs_waiting, Style::warn),
                          history("nodes busy", &store::Sample::nodes_busy, Style::good)};
  for (std::size_t i = 0; i < std::min<std::size_t>(m_look.troubles.size(), 2); ++i)
    lines.push_back(fitted({{m_look.troubles[i], Style::bad}}, width));
  return lines;
}

std::vector<Line> View::lines() const {
  const auto rows = static_cast<std::size_t>(m_rows);
  const auto width = static_cast<std::size_t>(m_columns);
  std::vector<Line> lines;
  if (m_help) {
    lines = help_lines();
    for (Line& line : lines) line = fitted(line, width);
  } else {
    lines = head_lines(width);
    lines.push_back(tabs_line(width));
    if (!m_tabs.empty()) {
      const Tab& tab = m_tabs[m_tab];
      const std::vector<output::Shown> shown = shown_columns(tab, width);
      lines.push_back(header_line(tab, shown, width));
      if (tab.order.empty())
        lines.push_back(
            fitted({{"  " + (m_filter.empty() ? tab.empty : "No row has '" + m_filter + "'."), Style::dim}}, width));
      for (std::size_t i = tab.top; i < std::min(tab.order.size(), tab.top + room()); ++i)
        lines.push_back(row_line(tab, i, shown, width, i == tab.selected));
    }
    lines.resize(std::max(rows, std::size_t{1}) - 1);
    lines.push_back(status_line(width));
  }
  lines.resize(rows);
  return lines;
}

std::vector<Line> View::all_lines() const {
  const auto width = static_cast<std::size_t>(m_columns);
  std::vector<Line> lines = head_lines(width);
  for (const Tab& tab : m_tabs) {
    lines.emplace_back();
    const std::vector<output::Shown> shown = shown_columns(tab, width);
    if (tab.order.empty()) {
      lines.push_back(fitted({{tab.empty, Style::plain}}, width));
      continue;
    }
    lines.push_back(header_line(tab, shown, width));
    for (std::size_t i = 0; i < tab.order.size(); ++i) lines.push_back(row_line(tab, i, shown, width, false));
  }
  return lines;
}

}  // namespace tide::cmd::watch
