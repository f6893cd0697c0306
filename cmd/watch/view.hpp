#pragma once

#include "cmd/output/document.hpp"
#include "cmd/output/paint.hpp"

#include <tide/store/store.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tide::cmd::watch {

using output::Style;

struct Span {
  std::string text;
  Style style = Style::plain;

  bool operator==(const Span&) const = default;
};
using Line = std::vector<Span>;
std::string text_of(const Line& line);

// One look at the cluster, as the view needs it.
struct Look {
  std::string title;                   // cluster, counts, money
  std::string sources;                 // each with its health and the age of its data
  std::vector<std::string> troubles;   // in red, below the title
  std::vector<output::Section> tabs;   // workers, jobs, pools, ...
  std::vector<store::Sample> samples;  // of the last hour, oldest first
  TimePoint at{};
};

enum class Key { up, down, page_up, page_down, home, end, tab, back_tab, enter, escape, backspace, letter };
enum class Asked { nothing, look_again, quit };

// The whole screen as lines of cells: a pure model that knows no terminal. 10^4 rows are laid out once a look or a
// change of filter or sorting; a line is made only while it is seen.
class View {
 public:
  explicit View(bool unicode) : m_unicode(unicode) {}

  void update(Look look);                                     // marks what changed since the last look
  void set_looking(Seconds seconds) { m_looking = seconds; }  // how long the next look takes by now; 0: no word of it
  void resize(int rows, int columns);
  Asked press(Key key, char letter = '\0');
  std::vector<Line> lines() const;      // as many as the screen has rows, none wider than it
  std::vector<Line> all_lines() const;  // without a screen: every row of every tab, for --plain

 private:
  struct Row {
    std::vector<std::string> cells;  // of the tab's shown columns
    std::vector<bool> changed;
    bool fresh = false;
  };
  struct Tab {
    std::string name;
    std::vector<output::Column> columns;  // those with a header
    std::vector<std::size_t> widths;      // of the widest cell
    std::size_t phase = SIZE_MAX;         // the column that colours the row
    std::vector<Row> rows;
    std::string empty;
    std::vector<std::size_t> order;  // of the rows that pass the filter, sorted
    std::size_t sort = SIZE_MAX;     // a column; SIZE_MAX: as the section came
    bool reverse = false;
    std::size_t top = 0;
    std::size_t selected = 0;
    std::string selected_name;
  };

  Tab tab_of(const output::Section& section, const Tab* before) const;
  void arrange(Tab& tab) const;
  void move(std::int64_t by);
  void keep_in_sight();
  std::size_t room() const;
  std::vector<output::Shown> shown_columns(const Tab& tab, std::size_t width) const;
  Line header_line(const Tab& tab, const std::vector<output::Shown>& shown, std::size_t width) const;
  Line row_line(const Tab& tab, std::size_t at, const std::vector<output::Shown>& shown, std::size_t width,
                bool selected) const;
  Line tabs_line(std::size_t width) const;
  Line status_line(std::size_t width) const;
  std::vector<Line> help_lines() const;
  std::vector<Line> head_lines(std::size_t width) const;

  bool m_unicode;
  int m_rows = 24;
  int m_columns = 80;
  Look m_look;
  Seconds m_looking{0};
  std::vector<Tab> m_tabs;
  std::size_t m_tab = 0;
  std::string m_filter;
  bool m_typing = false;  // the filter
  bool m_help = false;
};

// A number an hour back until now, in `width` characters, each the most of its minute or so; no data is a blank.
std::string strip(const std::vector<store::Sample>& samples, std::int64_t store::Sample::*what, TimePoint now,
                  std::size_t width, bool unicode);

}  // namespace tide::cmd::watch
