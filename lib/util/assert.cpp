#include <tide/util/assert.hpp>

#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>

namespace tide {

void fail_check(std::string_view what, const char* file, int line) {
  fmt::print(stderr, "tide: bug: {} ({}:{})\n", what, file, line);
  std::abort();
}

}  // namespace tide
