#include "cmd/output/paint.hpp"

#include <fmt/format.h>

#include <set>

namespace tide::cmd::output {

namespace {

const char* code_of(Style style) {
  switch (style) {
    case Style::plain: return "";
    case Style::title: return "1";
    case Style::dim: return "2";
    case Style::good: return "32";
    case Style::warn: return "33";
    case Style::bad: return "1;31";
    case Style::changed: return "1;36";
    case Style::selected: return "7";
  }
  return "";
}

}  // namespace

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

std::string painted(const std::string& text, Style style) {
  return text.empty() || style == Style::plain ? text : fmt::format("\x1b[{}m{}\x1b[0m", code_of(style), text);
}

}  // namespace tide::cmd::output
