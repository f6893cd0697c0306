#include <tide/config/document.hpp>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <array>

namespace tide::config {

namespace {

constexpr std::array<std::string_view, 2> k_named{"clouds", "pools"};

Place place_of(const toml::source_region& region) {
  return {.line = static_cast<int>(region.begin.line), .column = static_cast<int>(region.begin.column)};
}

// A scalar as text; strings as they are.
std::string scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return {};
}

Form form_of(const toml::node& node) {
  if (node.is_string()) return Form::text;
  if (node.is_integer()) return Form::integer;
  if (node.is_floating_point()) return Form::real;
  if (node.is_boolean()) return Form::flag;
  if (node.is_array()) return Form::list;
  if (node.is_table()) return Form::table;
  return Form::other;
}

Value to_value(const toml::key& key, const toml::node& node) {
  Value value{.form = form_of(node),
              .texts = {},
              .all_text = true,
              .entries = {},
              .place = place_of(node.source()),
              .key_place = place_of(key.source())};
  if (const auto* list = node.as_array()) {
    for (const auto& item : *list) {
      value.all_text = value.all_text && item.is_string();
      value.texts.push_back(scalar_text(item));
    }
  } else if (const auto* table = node.as_table()) {
    for (const auto& [name, item] : *table) {
      value.all_text = value.all_text && item.is_string();
      value.entries.emplace(std::string(name.str()), scalar_text(item));
    }
  } else {
    value.texts.push_back(scalar_text(node));
  }
  return value;
}

Section to_section(std::string name, Place place, const toml::table& table) {
  Section section{.name = std::move(name), .place = place, .values = {}};
  for (const auto& [key, node] : table) section.values.emplace(std::string(key.str()), to_value(key, node));
  return section;
}

void add_named(std::map<std::string, Section>& sections, std::string_view outer, const toml::table& table,
               Problems& problems) {
  for (const auto& [key, node] : table) {
    const std::string name = fmt::format("{}.{}", outer, key.str());
    if (const auto* inner = node.as_table()) {
      sections.emplace(name, to_section(name, place_of(key.source()), *inner));
    } else {
      problems.add(place_of(key.source()),
                   fmt::format("'{}' is no key of [{}], which has a table for each name", key.str(), outer),
                   fmt::format("Write it below [{}.NAME].", outer));
    }
  }
}

}  // namespace

std::map<std::string, Section> read_document(const std::string& text, Problems& problems) {
  std::map<std::string, Section> sections;
  toml::table root;
  try {
    root = toml::parse(text, problems.path());
  } catch (const toml::parse_error& error) {
    problems.add(place_of(error.source()), fmt::format("not TOML: {}", error.description()),
                 "See https://toml.io; strings want quotes, and each key stands once.");
    return sections;
  }
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    const auto* table = node.as_table();
    if (table == nullptr) {
      problems.add(place_of(key.source()), fmt::format("'{}' stands outside of any table", name),
                   "Write it below a line such as [cluster] or [scale].");
    } else if (name == k_named[0] || name == k_named[1]) {
      add_named(sections, name, *table, problems);
    } else {
      sections.emplace(name, to_section(name, place_of(key.source()), *table));
    }
  }
  return sections;
}

std::string family(std::string_view section) {
  const auto point = section.find('.');
  return point == std::string_view::npos ? std::string(section) : std::string(section.substr(0, point)) + ".*";
}

}  // namespace tide::config
