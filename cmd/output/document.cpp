#include "cmd/output/document.hpp"

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tide::cmd::output {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t k_cell_max = 400;

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

// Characters, not bytes: what UTF-8 goes on with is not counted.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Long lists are for scripts; people see how long they are.
std::string shown_text(const Cell& cell) {
  constexpr std::size_t k_listed = 4;
  const auto* list = std::get_if<std::vector<std::string>>(&cell);
  if (list == nullptr || list->size() <= k_listed) return printable(text_of(cell), k_cell_max);
  const std::vector<std::string> first(list->begin(), list->begin() + k_listed);
  return printable(fmt::format("{},+{}", join(first, ","), list->size() - k_listed), k_cell_max);
}

namespace {

std::string table_of(const Section& section, std::size_t columns) {
  std::vector<std::size_t> shown;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < section.columns.size(); ++i) {
    if (section.columns[i].header.empty()) continue;
    std::size_t width = 0;
    for (const auto& row : section.rows) width = std::max(width, width_of(shown_text(row[i])));
    if (width == 0 && section.columns[i].optional) continue;
    width = std::max(width, width_of(section.columns[i].header));
    shown.push_back(i);
    widths.push_back(width);
  }
  std::string text;
  const auto line = [&](auto cell_at) {
    std::string out;
    for (std::size_t k = 0; k < shown.size(); ++k) {
      const std::string cell = cell_at(shown[k]);
      out += cell;
      if (k + 1 < shown.size()) out += std::string(widths[k] - width_of(cell) + 2, ' ');
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    if (columns > 0 && width_of(out) > columns && out.size() == width_of(out)) out = out.substr(0, columns - 3) + "...";
    text += out + "\n";
  };
  line([&](std::size_t i) { return section.columns[i].header; });
  for (const auto& row : section.rows) line([&](std::size_t i) { return shown_text(row[i]); });
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

std::string to_table(const Document& document, int columns) {
  std::string text;
  for (const Section& section : document.sections) {
    if (section.rows.empty() && section.empty.empty()) continue;
    if (!text.empty()) text += "\n";
    text +=
        section.rows.empty() ? section.empty + "\n" : table_of(section, static_cast<std::size_t>(std::max(columns, 0)));
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
