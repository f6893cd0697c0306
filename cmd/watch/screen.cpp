#include "cmd/watch/screen.hpp"

#include <clocale>

#define NCURSES_NOMACROS 1
#include <ncurses.h>

namespace tide::cmd::watch {

struct Screen::Handle {
  SCREEN* screen = nullptr;
  bool colors = false;
};

namespace {

constexpr short k_good = 1;
constexpr short k_warn = 2;
constexpr short k_bad = 3;
constexpr short k_changed = 4;

// Without colours, bold, dim and reverse tell the same apart.
attr_t attributes_of(Style style, bool colors) {
  const auto color = [&](short pair, attr_t plain) { return colors ? static_cast<attr_t>(COLOR_PAIR(pair)) : plain; };
  switch (style) {
    case Style::plain: return A_NORMAL;
    case Style::title: return A_BOLD;
    case Style::dim: return A_DIM;
    case Style::good: return color(k_good, A_NORMAL);
    case Style::warn: return color(k_warn, A_NORMAL);
    case Style::bad: return color(k_bad, A_BOLD) | A_BOLD;
    case Style::changed: return color(k_changed, A_BOLD) | A_BOLD;
    case Style::selected: return A_REVERSE;
  }
  return A_NORMAL;
}

std::optional<Press> press_of(int code) {
  switch (code) {
    case KEY_UP: return Press{Key::up};
    case KEY_DOWN: return Press{Key::down};
    case KEY_PPAGE: return Press{Key::page_up};
    case KEY_NPAGE: return Press{Key::page_down};
    case KEY_HOME: return Press{Key::home};
    case KEY_END: return Press{Key::end};
    case KEY_BTAB: return Press{Key::back_tab};
    case KEY_BACKSPACE:
    case 127:
    case '\b': return Press{Key::backspace};
    case '\t': return Press{Key::tab};
    case '\r':
    case '\n':
    case KEY_ENTER: return Press{Key::enter};
    case 27: return Press{Key::escape};
    default: break;
  }
  if (code >= ' ' && code < 127) return Press{Key::letter, static_cast<char>(code)};
  return std::nullopt;
}

}  // namespace

Screen::Screen(std::unique_ptr<Handle> handle) : m_handle(std::move(handle)) {}

std::unique_ptr<Screen> Screen::open(const std::string& terminal, std::FILE* out, std::FILE* in, bool colored) {
  std::setlocale(LC_CTYPE, "");
  auto handle = std::make_unique<Handle>();
  handle->screen = ::newterm(terminal.c_str(), out, in);
  if (handle->screen == nullptr) return nullptr;
  ::set_term(handle->screen);
  ::cbreak();
  ::noecho();
  ::nonl();
  ::curs_set(0);
  ::set_escdelay(50);
  ::keypad(stdscr, true);
  handle->colors = colored && ::has_colors() && ::start_color() == OK;
  if (handle->colors) {
    ::use_default_colors();
    ::init_pair(k_good, COLOR_GREEN, -1);
    ::init_pair(k_warn, COLOR_YELLOW, -1);
    ::init_pair(k_bad, COLOR_RED, -1);
    ::init_pair(k_changed, COLOR_CYAN, -1);
  }
  return std::unique_ptr<Screen>(new Screen(std::move(handle)));
}

Screen::~Screen() {
  ::endwin();
  ::delscreen(m_handle->screen);
}

int Screen::rows() const { return ::getmaxy(stdscr); }
int Screen::columns() const { return ::getmaxx(stdscr); }

void Screen::show(const std::vector<Line>& lines) {
  ::werase(stdscr);
  for (int row = 0; row < static_cast<int>(lines.size()) && row < rows(); ++row) {
    ::wmove(stdscr, row, 0);
    for (const Span& span : lines[static_cast<std::size_t>(row)]) {
      ::wattrset(stdscr, static_cast<int>(attributes_of(span.style, m_handle->colors)));
      ::waddnstr(stdscr, span.text.c_str(), static_cast<int>(span.text.size()));
    }
  }
  ::wattrset(stdscr, A_NORMAL);
  ::wrefresh(stdscr);
}

std::optional<Press> Screen::key(std::chrono::milliseconds wait) {
  ::wtimeout(stdscr, static_cast<int>(wait.count()));
  return press_of(::wgetch(stdscr));
}

}  // namespace tide::cmd::watch
