#include <tide/core/peace.hpp>

#include <tide/util/units.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace tide::core {

namespace {

using nlohmann::json;

constexpr std::array<std::chrono::hours, 3> k_silences{std::chrono::hours(1), std::chrono::hours(4),
                                                       std::chrono::hours(24)};

Seconds silence_after(int times) {
  const auto index = static_cast<std::size_t>(std::clamp(times - 1, 0, static_cast<int>(k_silences.size()) - 1));
  return k_silences.at(index);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

TimePoint time_of(const json& number) { return TimePoint(Seconds(number.get<std::int64_t>())); }

}  // namespace

std::vector<std::string> keep_peace(Peace& book, std::span<const Problem> problems, TimePoint now) {
  std::vector<std::string> said;
  std::set<std::string> here;
  for (const Problem& problem : problems) {
    if (!here.insert(problem.key).second) continue;
    auto [row, is_new] = book.try_emplace(problem.key, Told{.text = problem.text, .since = now, .last = now});
    Told& told = row->second;
    told.passes_without = 0;
    // A clock that was set back makes nothing new.
    if (!is_new && now - told.last < silence_after(told.times)) continue;
    std::string text = problem.text;
    if (!is_new) text += fmt::format("  so since {}\n", format_time(told.since));
    said.push_back(std::move(text));
    told.last = now;
    ++told.times;
  }
  for (auto row = book.begin(); row != book.end();) {
    if (here.contains(row->first) || ++row->second.passes_without < k_passes_until_over) {
      ++row;
      continue;
    }
    said.push_back(fmt::format("over, since {}: {}\n", format_time(row->second.since), first_line(row->second.text)));
    row = book.erase(row);
  }
  return said;
}

std::string to_json(const Peace& book) {
  json object = json::object();
  for (const auto& [key, told] : book) {
    object[key] = {{"text", told.text},
                   {"since", told.since.time_since_epoch().count()},
                   {"last", told.last.time_since_epoch().count()},
                   {"times", told.times},
                   {"passes_without", told.passes_without}};
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Peace> peace_from_json(std::string_view text) {
  try {
    Peace book;
    const json object = json::parse(text);
    for (const auto& [key, row] : object.items()) {
      book[key] = {.text = row.at("text").get<std::string>(),
                   .since = time_of(row.at("since")),
                   .last = time_of(row.at("last")),
                   .times = row.at("times").get<int>(),
                   .passes_without = row.at("passes_without").get<int>()};
    }
    return book;
  } catch (const json::exception& error) {
    return make_error(ErrorKind::io, "what was told before cannot be read: {}", error.what());
  }
}

}  // namespace tide::core
