#include <tide/config/judge.hpp>

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <limits>

namespace tide::config {

namespace {

constexpr std::int64_t k_number_max = 1'000'000;  // machines, slots: more is a slip of the keyboard
constexpr std::string_view k_later_hint = "A later version will obey it; until then it must not stand here.";

std::optional<int> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const auto value = parse_integer(text.substr(0, text.size() - 1));
  return value && *value >= 1 && *value <= 100 ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

bool is_number(Form form) { return form == Form::integer || form == Form::real || form == Form::text; }

// Is it of the key's type at all?
bool has_form(KeyType type, const Value& value) {
  switch (type) {
    case KeyType::text:
    case KeyType::duration:
    case KeyType::size:
    case KeyType::percent:
    case KeyType::choice: return value.form == Form::text;
    case KeyType::flag: return value.form == Form::flag;
    case KeyType::number: return value.form == Form::integer;
    case KeyType::decimal:
    case KeyType::money: return is_number(value.form);
    case KeyType::list: return value.form == Form::list && value.all_text;
    case KeyType::table: return value.form == Form::table && value.all_text;
  }
  return false;
}

// Does its text read as one?
bool reads(const KeySpec& key, const std::string& text) {
  switch (key.type) {
    case KeyType::text:
    case KeyType::flag:
    case KeyType::choice:
    case KeyType::list:
    case KeyType::table: return true;
    case KeyType::duration: return parse_duration(text).has_value();
    case KeyType::size: return parse_size_mib(text).has_value();
    case KeyType::percent: return parse_percent(text).has_value();
    case KeyType::number: {
      const auto number = parse_integer(text);
      return number && *number >= 0 && *number <= k_number_max;
    }
    case KeyType::decimal:
    case KeyType::money: return parse_money_micros(text).has_value();
  }
  return false;
}

std::vector<std::string> choices_of(const KeySpec& key) {
  std::vector<std::string> choices;
  for (const auto choice : split(key.choices, '|')) choices.emplace_back(choice);
  return choices;
}

void judge_choice(const Section& section, const KeySpec& key, const Value& value, Problems& problems) {
  const std::string& text = value.texts.front();
  const auto choices = choices_of(key);
  if (std::ranges::find(choices, text) != choices.end()) return;
  // Any other policy, way of naming or network is something that the design has and this version has not.
  const bool open_ended = key.name == "policy" || key.name == "address";
  if (open_ended || is_later(family(section.name), key.name, text)) {
    problems.add(value.place, fmt::format("{} = '{}' is not in this version", key.name, printable(text, 40)),
                 fmt::format("This version has: {}.", join(choices, ", ")));
    return;
  }
  const auto near = nearest(text, choices);
  problems.add(
      value.place, fmt::format("{} = '{}' is not known", key.name, printable(text, 40)),
      near.empty() ? fmt::format("Write one of: {}.", join(choices, ", ")) : fmt::format("Did you mean '{}'?", near));
}

void judge_value(const Section& section, const KeySpec& key, const Value& value, Problems& problems) {
  if (!has_form(key.type, value)) {
    problems.add(value.place, fmt::format("'{}' must be a {}", key.name, to_string(key.type)),
                 fmt::format("Write {}.", example(key.type)));
  } else if (key.type == KeyType::choice) {
    judge_choice(section, key, value, problems);
  } else if (!value.texts.empty() && !reads(key, value.texts.front())) {
    problems.add(value.place,
                 fmt::format("{} = '{}' is no {}", key.name, printable(value.texts.front(), 40), to_string(key.type)),
                 fmt::format("Write {}.", example(key.type)));
  }
}

std::string section_for_people(std::string_view section) {
  return section.ends_with(".*") ? fmt::format("[{}.NAME]", section.substr(0, section.size() - 2))
                                 : fmt::format("[{}]", section);
}

void unknown_key(const Section& section, const std::string& name, Place place, std::span<const KeySpec> keys,
                 std::span<const KeySpec> everywhere, Problems& problems) {
  const std::string group = family(section.name);
  if (is_later(group, name, "")) {
    problems.add(place, fmt::format("'{}' of [{}] is not in this version", name, section.name),
                 std::string(k_later_hint));
    return;
  }
  std::vector<std::string> known;
  for (const auto& key : keys) known.emplace_back(key.name);
  std::string hint = nearest(name, known);
  if (!hint.empty()) {
    hint = fmt::format("Did you mean '{}'?", hint);
  } else if (const auto other = std::ranges::find(everywhere, name, &KeySpec::name); other != everywhere.end()) {
    hint = other->section == group ? fmt::format("'{}' belongs to another kind of cloud or batch system.", name)
                                   : fmt::format("'{}' belongs below {}.", name, section_for_people(other->section));
  } else {
    hint = "Run 'tide config keys' to list the keys.";
  }
  problems.add(place, fmt::format("unknown key '{}' in [{}]", printable(name, 60), section.name), std::move(hint));
}

std::string unquoted_first(const std::vector<std::string>& texts) {
  return texts.empty() ? std::string() : texts.front();
}

}  // namespace

void judge(const Section& section, std::span<const KeySpec> keys, std::span<const KeySpec> everywhere,
           Problems& problems) {
  for (const auto& [name, value] : section.values) {
    const auto key = std::ranges::find(keys, name, &KeySpec::name);
    if (key == keys.end()) {
      unknown_key(section, name, value.key_place, keys, everywhere, problems);
    } else {
      judge_value(section, *key, value, problems);
    }
  }
  for (const auto& key : keys) {
    if (!key.required || section.find(key.name) != nullptr) continue;
    problems.add(section.place, fmt::format("[{}] has no '{}'", section.name, key.name), fmt::format("{}.", key.help));
  }
}

const KeySpec* Reader::spec(std::string_view key) const {
  const auto found = std::ranges::find(m_keys, key, &KeySpec::name);
  return found == m_keys.end() ? nullptr : &*found;
}

Place Reader::place(std::string_view key) const {
  const Value* value = m_section.find(key);
  return value == nullptr ? m_section.place : value->place;
}

std::vector<std::string> Reader::texts(std::string_view key) const {
  const KeySpec* known = spec(key);
  const Value* value = m_section.find(key);
  if (known == nullptr) return {};
  const bool usable = value != nullptr && has_form(known->type, *value) &&
                      (value->texts.empty() || reads(*known, value->texts.front()));
  return usable ? value->texts : fallback_texts(*known);
}

std::string Reader::text(std::string_view key) const { return unquoted_first(texts(key)); }
int Reader::number(std::string_view key) const { return static_cast<int>(parse_integer(text(key)).value_or(0)); }
int Reader::percent(std::string_view key) const { return parse_percent(text(key)).value_or(1); }

Seconds Reader::duration(std::string_view key) const {
  const auto span = parse_duration(text(key));
  return span ? *span : Seconds(0);
}

std::optional<std::int64_t> Reader::size_mib(std::string_view key) const {
  const auto size = parse_size_mib(text(key));
  return size ? std::optional<std::int64_t>(*size) : std::nullopt;
}

std::optional<std::int64_t> Reader::money_micros(std::string_view key) const {
  const auto sum = parse_money_micros(text(key));
  return sum ? std::optional<std::int64_t>(*sum) : std::nullopt;
}

int Reader::thousandths(std::string_view key) const {
  constexpr std::int64_t k_most = 1'000'000;  // far beyond what any key takes
  const auto micros = parse_money_micros(text(key));
  return micros ? static_cast<int>(std::min(k_most, *micros / 1000)) : 0;
}

std::map<std::string, std::string> Reader::entries(std::string_view key) const {
  const Value* value = m_section.find(key);
  return value == nullptr ? std::map<std::string, std::string>() : value->entries;
}

}  // namespace tide::config
