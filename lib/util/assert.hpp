#pragma once

#include <string_view>

namespace tide {

// Says on stderr what can only be a bug or a broken machine, and aborts: going on could end the wrong node.
[[noreturn]] void fail_check(std::string_view what, const char* file, int line);

}  // namespace tide

// Checked in every build.
#define TIDE_CHECK(condition, what)                                 \
  do {                                                              \
    if (!(condition)) ::tide::fail_check(what, __FILE__, __LINE__); \
  } while (false)
