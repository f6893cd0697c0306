#include "cmd/output/document.hpp"

#include "cmd/output/paint.hpp"

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <span>

namespace tide::cmd::output {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t k_last_max = 4'000;  // of the last column: it says why
constexpr std::size_t k_room_min = 30;     // less is no room for a sentence
constexpr std::size_t k_indent = 4;

std::string text_of(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&cell)) return *flag ? "yes" : "no";
  if (const auto* list = std::get_if<std::vector<std::string>>(&cell)) return join(*list, ",");
  return "";
}

Json json_of(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  if (const auto* flag = std::get_if<bool>(&cell)) return *flag;
  if (const auto* list = std::get_if<std::vector<std::string>>(&cell)) return *list;
  return nullptr;
}

}  // namespace

// Long lists are for scripts; people see how long they are.
std::string shown_text(const Cell& cell, std::size_t most) {
  constexpr std::size_t k_listed = 4;
  const auto* list = std::get_if<std::vector<std::string>>(&cell);
  if (list == nullptr || list->size() <= k_listed) return printable(text_of(cell), most);
  const std::vector<std::string> first(list->begin(), list->begin() + k_listed);
  return printable(fmt::format("{},+{}", join(first, ","), list->size() - k_listed), most);
}

namespace {

// The last cell of a row, which begins at column `begin`: what a terminal's width cuts off goes on in lines beneath,
// under itself, or far to the left where there is little room. Nothing is left out: it says why. 0: no terminal.
std::string in_lines(const std::string& cell, std::size_t begin, std::size_t columns) {
  if (columns == 0 || cell.empty() || begin + width_of(cell) <= columns) return cell;
  const bool under = begin + k_room_min <= columns;
  const std::size_t indent = under ? begin : k_indent;
  const std::string next = "\n" + std::string(indent, ' ');
  std::string text = under ? "" : next;
  std::size_t at = indent;
  for (const std::string_view word : split(cell, ' ')) {
    const std::size_t width = width_of(std::string(word));
    if (at > indent && at + 1 + width > columns) {
      text += next;
      at = indent;
    }
    if (at > indent) text += ' ';
    text += word;
    at += width + (at > indent ? 1 : 0);
  }
  return text;
}

// What the last column needs at the least: its sentences go on beneath, word by word.
std::size_t longest_word(const Section& section) {
  std::size_t last = section.columns.size();
  while (last > 0 && section.columns[last - 1].header.empty()) --last;
  if (last == 0) return 0;
  std::size_t longest = width_of(section.columns[last - 1].header);
  for (const auto& row : section.rows) {
    const std::string text = shown_text(row[last - 1]);
    for (const std::string_view word : split(text, ' '))
      longest = std::max(longest, std::min(width_of(std::string(word)), k_room_min));
  }
  return longest;
}

std::string table_of(const Section& section, std::size_t columns, bool colored) {
  std::vector<std::size_t> widths(section.columns.size(), 0);
  for (std::size_t i = 0; i < section.columns.size(); ++i) {
    if (section.columns[i].header.empty()) continue;
    for (const auto& row : section.rows) widths[i] = std::max(widths[i], width_of(shown_text(row[i])));
  }
  const auto [shown, dropped] = choose_columns(section.columns, widths, columns, longest_word(section));
  if (shown.empty()) return "";
  std::string text;
  const auto line = [&](auto cell_at, auto style_at) {
    std::string out;
    std::size_t begin = 0;
    for (const auto& [column, width] : std::span(shown).first(shown.size() - 1)) {
      const std::string cell = cell_at(column);
      out += colored ? painted(cell, style_at(column)) : cell;
      out += std::string(width - width_of(cell) + k_gap, ' ');
      begin += width + k_gap;
    }
    const std::string last = in_lines(cell_at(shown.back().column), begin, columns);
    if (last.empty() || last.front() == '\n') out.erase(out.find_last_not_of(' ') + 1);
    text += out + (colored && !last.empty() ? painted(last, style_at(shown.back().column)) : last) + "\n";
  };
  line([&](std::size_t i) { return section.columns[i].header; }, [](std::size_t) { return Style::title; });
  for (const auto& row : section.rows) {
    line([&](std::size_t i) { return shown_text(row[i], i == shown.back().column ? k_last_max : k_cell_max); },
         [&](std::size_t i) {
           return section.columns[i].key == "phase" ? style_of_phase(shown_text(row[i])) : Style::plain;
         });
  }
  if (!dropped.empty()) {
    const std::string note = fmt::format("No room here for {}: a wider terminal has it.", join(dropped, ", "));
    text += (colored ? painted(note, Style::dim) : note) + "\n";
  }
  return text;
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::vector<Source> sources_of(const core::Snapshot& snapshot) {
  std::vector<Source> sources;
  const auto add = [&](std::string name, const Error* error) {
    sources.push_back({std::move(name), error == nullptr, 0, error == nullptr ? "" : error->message});
  };
  const Error* batch = nullptr;
  if (!snapshot.jobs) batch = &snapshot.jobs.error();
  if (!snapshot.nodes) batch = &snapshot.nodes.error();
  if (!snapshot.server) batch = &snapshot.server.error();
  add("batch", batch);
  for (const auto& [name, listed] : snapshot.instances) add("cloud:" + name.value, listed ? nullptr : &listed.error());
  return sources;
}

std::string to_table(const Document& document, int columns, bool colored) {
  std::string text;
  for (const Section& section : document.sections) {
    if (section.rows.empty() && section.empty.empty()) continue;
    if (!text.empty()) text += "\n";
    text += section.rows.empty() ? section.empty + "\n"
                                 : table_of(section, static_cast<std::size_t>(std::max(columns, 0)), colored);
  }
  return text;
}

std::string to_json(const Document& document) {
  Json json = {{"schema", document.schema},
               {"taken_at", format_time(document.taken_at)},
               {"exit", static_cast<int>(document.exit)}};
  json["sources"] = Json::array();
  for (const Source& source : document.sources) {
    json["sources"].push_back({{"name", source.name},
                               {"ok", source.ok},
                               {"age_seconds", source.age_seconds ? Json(*source.age_seconds) : Json(nullptr)},
                               {"error", source.error.empty() ? Json(nullptr) : Json(source.error)}});
  }
  for (const Section& section : document.sections) {
    json[section.name] = Json::array();
    for (const auto& row : section.rows) {
      Json object = Json::object();
      for (std::size_t i = 0; i < section.columns.size(); ++i) object[section.columns[i].key] = json_of(row[i]);
      json[section.name].push_back(std::move(object));
    }
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string to_csv(const Section& section) {
  std::string text;
  for (std::size_t i = 0; i < section.columns.size(); ++i) text += (i == 0 ? "" : ",") + section.columns[i].key;
  text += "\n";
  for (const auto& row : section.rows) {
    for (std::size_t i = 0; i < section.columns.size(); ++i) text += (i == 0 ? "" : ",") + quoted(text_of(row[i]));
    text += "\n";
  }
  return text;
}

}  // namespace tide::cmd::output
