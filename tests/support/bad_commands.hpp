#pragma once

#include "scripted_runner.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace tide::test {

// What a broken or foreign command does, by name. `whole` is a good output; half of it ends within a line.
inline std::vector<std::pair<std::string, Recording>> bad_commands(const std::string& whole) {
  std::size_t half = whole.size() / 2;
  while (whole[half - 1] == '\n') ++half;
  return {{"hangs", {.output = whole, .hang = true}},
          {"half, then hangs", {.output = whole, .hang = true, .cut_at = half}},
          {"half, exit 0", {.output = whole, .cut_at = half}},
          {"nothing, exit 0", {}},
          {"HTML, exit 0", {.output = "<html>\n<head><title>502</title></head>\n</html>\n"}},
          {"another document", {.output = "{\"meta\": {}}\n"}},
          {"whole, exit 1", {.output = whole, .errors = "error: cannot connect to server head", .exit_code = 1}},
          {"nothing, exit 111", {.errors = "Connection refused", .exit_code = 111}},
          {"whole, killed", {.output = whole, .signal = 9}},
          {"cannot start", {.cannot_start = make_error(ErrorKind::io, "no such file")}}};
}

// That what `ask` reads is a told error wherever the command of that line is broken.
template <typename Rig, typename Ask>
void check_bad(const std::string& line, const std::string& whole, Ask ask) {
  for (const auto& [name, recording] : bad_commands(whole)) {
    CAPTURE(line);
    CAPTURE(name);
    Rig rig;
    rig.replace(line, recording);
    const auto reading = ask(rig);
    REQUIRE_FALSE(reading);
    CHECK_FALSE(reading.error().message.empty());
    const ErrorKind kind = reading.error().kind;
    CHECK((kind == ErrorKind::batch || kind == ErrorKind::unproven || kind == ErrorKind::protocol ||
           kind == ErrorKind::timeout || kind == ErrorKind::io));
  }
}

}  // namespace tide::test
