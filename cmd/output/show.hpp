#pragma once

#include "cmd/context.hpp"
#include "cmd/output/document.hpp"

#include <tide/engine/wish_loop.hpp>

#include <span>

namespace tide::cmd::output {

// "Could not read" is not "is empty": says so where a section has no rows because its source failed.
void admit_unknown(Document& document, const core::Snapshot& snapshot, const core::Plan& plan);

// What is wrong with a reading, and what failed, each under a key that stays the same while the problem does.
struct Trouble {
  std::string key;
  Error error;
};
std::vector<Trouble> troubles_of(const core::Snapshot& snapshot, const core::Plan& plan);
std::vector<Trouble> failures_of(std::span<const engine::PassReport> passes);

// Writes the document to stdout in the format asked for; CSV is its first section.
void show(Context& context, const Document& document);

// What passes did: a line per action on stdout, alarms and refusals on stderr; or the JSON object.
void show_passes(Context& context, const std::string& schema, const std::vector<engine::PassReport>& passes,
                 core::ExitCode exit);

// Without the alarms and refusals.
void show_outcomes(Context& context, const std::string& schema, const std::vector<engine::PassReport>& passes,
                   core::ExitCode exit);

// What a pass would do: --dry-run.
void show_plan(Context& context, const std::string& schema, const engine::PassReport& pass);

// Sources that could not be read and alarms, on stderr: what failed, why, what to do next.
void tell_troubles(Context& context, const core::Snapshot& snapshot, const core::Plan& plan);

}  // namespace tide::cmd::output
