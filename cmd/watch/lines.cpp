#include "cmd/watch/view.hpp"

#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

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

Style style_of_phase(const std::string& phase) {
  static const std::set<std::string> k_bad{"failed", "lost", "unfit", "down", "unclear", "orphan"};
  static const std::set<std::string> k_warn{"draining", "drained",     "stopping", "stopped",
                                            "held",     "interrupted", "gone"};
  static const std::set<std::string> k_dim{"foreign", "requested", "pending", "booting", "joining"};
  if (k_bad.contains(phase)) return Style::bad;
  if (k_warn.contains(phase)) return Style::warn;
  if (k_dim.contains(phase)) return Style::dim;
  return phase == "idle" ? Style::good : Style::plain;
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

// The first columns say what the row is, the last why: what is between goes first where the screen is narrow.
std::vector<std::size_t> View::shown_columns(const Tab& tab, std::size_t width) const {
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < tab.headers.size(); ++i) shown.push_back(i);
  const auto needed = [&] {
    std::size_t sum = 2;
    for (const std::size_t i : shown) {
      const bool last = i + 1 == tab.headers.size();
      sum += (last ? std::min<std::size_t>(tab.widths[i], 12) : tab.widths[i]) + 2;
    }
    return sum;
  };
  while (shown.size() > 2 && needed() > width) {
    // From the right; the phase, the column that is sorted by and the last one stay as long as others are there.
    auto drop = shown.end();
    for (auto it = shown.end() - 1; it != shown.begin() + 1;) {
      --it;
      if (*it == tab.phase || *it == tab.sort || it == shown.begin()) continue;
      drop = it;
      break;
    }
    if (drop == shown.end() || drop == shown.begin()) drop = shown.end() - 1;
    shown.erase(drop);
  }
  return shown;
}

Line View::header_line(const Tab& tab, const std::vector<std::size_t>& shown, std::size_t width) const {
  Line line{{"  ", Style::title}};
  for (const std::size_t i : shown) {
    const bool sorted = i == tab.sort;
    line.push_back({padded(tab.headers[i] + (sorted ? tab.reverse ? "-" : "+" : ""), tab.widths[i] + 1) + " ",
                    sorted ? Style::changed : Style::title});
  }
  return fitted(line, width);
}

Line View::row_line(const Tab& tab, std::size_t at, const std::vector<std::size_t>& shown, std::size_t width,
                    bool selected) const {
  const Row& row = tab.rows[tab.order[at]];
  const bool any = std::ranges::find(row.changed, true) != row.changed.end();
  const Style base = tab.phase < row.cells.size() ? style_of_phase(row.cells[tab.phase]) : Style::plain;
  Line line{{row.fresh ? "+ " : any ? "* " : "  ", Style::changed}};
  for (const std::size_t i : shown) {
    const Style style = selected ? Style::selected : row.changed[i] || row.fresh ? Style::changed : base;
    line.push_back({padded(row.cells[i], tab.widths[i]) + "  ", style});
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
    text += tab->sort < tab->headers.size() ? ", by " + tab->headers[tab->sort] : "";
  }
  return fitted({{text + "   ", Style::plain}, {"? help  / filter  s sort  r reverse  Tab part  q quit", Style::dim}},
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
      const std::vector<std::size_t> shown = shown_columns(tab, width);
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
    const std::vector<std::size_t> shown = shown_columns(tab, width);
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
