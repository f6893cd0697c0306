#pragma once

#include <tide/core/exit_code.hpp>
#include <tide/core/snapshot.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tide::cmd::output {

// What a command has to say, once: the table for people, JSON and CSV for scripts are three views of it.
using Cell = std::variant<std::monostate, std::string, std::int64_t, bool, std::vector<std::string>>;

struct Column {
  std::string key;        // in JSON and CSV; added, never changed
  std::string header;     // in the table; "" leaves the column out of it
  bool optional = false;  // the table leaves it out where no row says anything
};

struct Section {
  std::string name;  // plural, as in design: "workers", "jobs"
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::string empty;  // what the table says when there are no rows; "" says nothing
};

struct Source {
  std::string name;
  bool ok = true;
  std::optional<std::int64_t> age_seconds = 0;  // of its data; nothing: it was never read
  std::string error;
};

struct Document {
  std::string schema;  // "tide.info/1"
  TimePoint taken_at{};
  core::ExitCode exit = core::ExitCode::done;
  std::vector<Source> sources;
  std::vector<Section> sections;
};

std::vector<Source> sources_of(const core::Snapshot& snapshot);

std::string shown_text(const Cell& cell);       // as the table shows it
std::size_t width_of(const std::string& text);  // characters, not bytes

std::string to_table(const Document& document, int columns);  // no borders; the last column is cut to the width
std::string to_json(const Document& document);                // one object
std::string to_csv(const Section& section);

}  // namespace tide::cmd::output
