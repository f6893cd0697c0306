#include "cmd/what_if.hpp"

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <functional>
#include <limits>
#include <map>

namespace tide::cmd {

namespace {

template <typename T>
Result<T> as_usage(Result<T> value) {
  if (!value) value.error().kind = ErrorKind::usage;
  return value;
}

Result<void> to_count(const std::string& text, int& into) {
  const auto number = parse_integer(text);
  if (!number || *number < 0 || *number > std::numeric_limits<int>::max())
    return make_error(ErrorKind::usage, "'{}' is no number of machines", printable(text, 40))
        .with_hint(fmt::format("Write a whole number, 0 to {}.", std::numeric_limits<int>::max()));
  into = static_cast<int>(*number);
  return {};
}

Result<void> to_span(const std::string& text, Seconds& into) {
  TIDE_TRY_ASSIGN(into, as_usage(parse_duration(text)));
  return {};
}

Result<void> to_money(const std::string& text, std::optional<std::int64_t>& into) {
  TIDE_TRY_ASSIGN(const std::int64_t micros, as_usage(parse_money_micros(text)));
  into = micros;
  return {};
}

Result<void> to_percent(const std::string& text, core::EndLimit& into) {
  const auto number = text.ends_with('%') ? parse_integer(text.substr(0, text.size() - 1)) : std::nullopt;
  if (!number || *number < 1 || *number > 100)
    return make_error(ErrorKind::usage, "'{}' is no share", printable(text, 40)).with_hint("Write it as '20%'.");
  into.percent = static_cast<int>(*number);
  return {};
}

using Set = std::function<Result<void>(const std::string&)>;

std::map<std::string, Set> keys_of(core::Settings& settings) {
  core::ScaleSettings& scale = settings.scale;
  std::map<std::string, Set> keys{
      {"min_nodes", [&](const std::string& text) { return to_count(text, scale.min_nodes); }},
      {"max_nodes", [&](const std::string& text) { return to_count(text, scale.max_nodes); }},
      {"idle_time", [&](const std::string& text) { return to_span(text, scale.idle_time); }},
      {"boot_deadline", [&](const std::string& text) { return to_span(text, scale.boot_deadline); }},
      {"orphan_grace", [&](const std::string& text) { return to_span(text, scale.orphan_grace); }},
      {"down_time", [&](const std::string& text) { return to_span(text, scale.down_time); }},
      {"max_end_per_pass", [&](const std::string& text) { return to_percent(text, scale.max_end_per_pass); }},
      {"max_launch_per_pass", [&](const std::string& text) { return to_count(text, scale.max_launch_per_pass); }},
      {"money.per_hour", [&](const std::string& text) { return to_money(text, settings.money.per_hour_micros); }},
      {"money.per_day", [&](const std::string& text) { return to_money(text, settings.money.per_day_micros); }},
      {"money.per_month", [&](const std::string& text) { return to_money(text, settings.money.per_month_micros); }}};
  for (auto& [name, pool] : settings.pools) {
    const std::string start = "pools." + name.value + ".";
    keys[start + "min"] = [&pool](const std::string& text) { return to_count(text, pool.min); };
    keys[start + "max"] = [&pool](const std::string& text) { return to_count(text, pool.max); };
    keys[start + "slots"] = [&pool](const std::string& text) { return to_count(text, pool.slots); };
    keys[start + "price"] = [&pool](const std::string& text) { return to_money(text, pool.price_micros); };
    keys[start + "memory"] = [&pool](const std::string& text) -> Result<void> {
      TIDE_TRY_ASSIGN(pool.memory_mib, as_usage(parse_size_mib(text)));
      return {};
    };
    keys[start + "max_price"] = [&pool](const std::string& text) -> Result<void> {
      TIDE_TRY(as_usage(parse_money_micros(text)));
      pool.max_price = text;
      return {};
    };
  }
  return keys;
}

}  // namespace

Result<core::Settings> what_if(core::Settings settings, std::span<const std::string> changes) {
  const std::map<std::string, Set> keys = keys_of(settings);
  for (const std::string& change : changes) {
    const std::size_t equals = change.find('=');
    if (equals == std::string::npos)
      return make_error(ErrorKind::usage, "--what-if '{}' has no '='", printable(change, 80))
          .with_hint("Write it as max_nodes=60 or pools.NAME.max=8.");
    std::string key = change.substr(0, equals);
    if (key.starts_with("scale.")) key.erase(0, std::string_view("scale.").size());
    const auto found = keys.find(key);
    if (found == keys.end()) {
      std::vector<std::string> known;
      for (const auto& [name, set] : keys) known.push_back(name);
      const std::string near = nearest(key, known);
      return make_error(ErrorKind::usage, "--what-if cannot change '{}'", printable(key, 80))
          .with_hint(near.empty() ? "It changes: " + join(known, ", ") + "." : fmt::format("Did you mean '{}'?", near));
    }
    if (auto set = found->second(change.substr(equals + 1)); !set)
      return std::move(set.error()).with_context(fmt::format("while reading --what-if '{}'", printable(change, 80)));
  }
  return settings;
}

}  // namespace tide::cmd
