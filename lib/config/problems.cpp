#include <tide/config/problems.hpp>

#include <algorithm>

namespace tide::config {

namespace {
constexpr std::size_t k_shown_max = 20;  // more than a screen helps nobody

std::string located(const std::string& path, const Place& place, const std::string& message) {
  if (place.line == 0) return fmt::format("{}: {}", path, message);
  return fmt::format("{}:{}:{}: {}", path, place.line, place.column, message);
}
}  // namespace

void Problems::add(Place place, std::string message, std::string hint) {
  m_all.push_back({.place = place, .message = std::move(message), .hint = std::move(hint)});
}

Error Problems::to_error() const {
  auto sorted = m_all;
  std::ranges::stable_sort(sorted, {}, &Problem::place);
  Error error{.kind = ErrorKind::config, .message = {}, .context = {}, .hint = {}};
  for (const auto& problem : sorted) {
    std::string line = located(m_path, problem.place, problem.message);
    if (error.message.empty()) {
      error.message = std::move(line);
      error.hint = problem.hint;
    } else if (error.context.size() < k_shown_max) {
      error.context.push_back("also " + line + (problem.hint.empty() ? "" : fmt::format(" ({})", problem.hint)));
    }
  }
  if (sorted.size() > k_shown_max + 1)
    error.context.push_back(fmt::format("and {} more", sorted.size() - k_shown_max - 1));
  return error;
}

}  // namespace tide::config
