#include "cmd/output/errors.hpp"

#include "cmd/output/paint.hpp"

#include <tide/core/exit_code.hpp>
#include <tide/util/text.hpp>

#include <nlohmann/json.hpp>

namespace tide::cmd::output {

namespace {

constexpr std::size_t k_line_max = 600;  // a server's page of HTML is no message

}  // namespace

std::string format_error(const Error& error, bool json, bool colored) {
  if (json) {
    nlohmann::ordered_json object = {
        {"type", "error"},          {"kind", std::string(to_string(error.kind))},
        {"message", error.message}, {"context", error.context},
        {"hint", error.hint},       {"exit", static_cast<int>(core::exit_code_of(error.kind))}};
    return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  const auto word = [&](const char* text, Style style) { return colored ? painted(text, style) : std::string(text); };
  std::string text = fmt::format("tide: {} {}\n", word("error:", Style::bad), printable(error.message, k_line_max));
  for (const std::string& line : error.context) text += fmt::format("  {}\n", printable(line, k_line_max));
  if (!error.hint.empty())
    text += fmt::format("{} {}\n", word("hint:", Style::title), printable(error.hint, k_line_max));
  return text;
}

}  // namespace tide::cmd::output
