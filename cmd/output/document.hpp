#pragma once

#include "cmd/output/columns.hpp"

#include <tide/core/exit_code.hpp>
#include <tide/core/snapshot.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tide::cmd::output {

// What a command has to say, once: the table for people, JSON and CSV for scripts are three views of it.
using Cell = std::variant<std::monostate, std::string, std::int64_t, bool, std::vector<std::string>>;

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

constexpr std::size_t k_cell_max = 400;
std::string shown_text(const Cell& cell, std::size_t most = k_cell_max);  // as the table shows it

// No borders. Where `columns` (of a terminal; 0: none) are too few, what can be spared is left out, and that is said;
// the last column is wrapped. With colours a phase is told by its own.
std::string to_table(const Document& document, int columns, bool colored = false);
std::string to_json(const Document& document);  // one object
std::string to_csv(const Section& section);

}  // namespace tide::cmd::output
