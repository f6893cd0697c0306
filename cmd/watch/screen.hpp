#pragma once

#include "cmd/watch/view.hpp"

#include <tide/util/result.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace tide::cmd::watch {

struct Press {
  Key key = Key::letter;
  char letter = '\0';
};

// The terminal, by ncurses: shows lines and tells keys. Gives the terminal back when it goes.
class Screen {
 public:
  // `terminal` is $TERM. Nothing where ncurses does not know it.
  static std::unique_ptr<Screen> open(const std::string& terminal, std::FILE* out, std::FILE* in, bool colored);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  int rows() const;
  int columns() const;
  void show(const std::vector<Line>& lines);
  // Waits so long at most; nothing: no key, or another size.
  std::optional<Press> key(std::chrono::milliseconds wait);

 private:
  struct Handle;
  explicit Screen(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> m_handle;
};

}  // namespace tide::cmd::watch
