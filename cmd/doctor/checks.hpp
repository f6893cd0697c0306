#pragma once

#include "cmd/context.hpp"

#include <tide/core/finding.hpp>

// What `tide doctor` looks at, part by part. None of it changes anything.
namespace tide::cmd::doctor {

// The file: which, who may write it, and what is odd in it. Fails if it cannot be read: nothing else can be looked at.
core::Findings examine_config(Context& context);

// Of this machine: the state folder, its disk, the lock, this head's identity. Before Context::ports(), which makes
// root the folder's owner.
core::Findings examine_host(const config::Config& config);

// The head's name, and the table of node names.
core::Findings examine_names(const config::Config& config, engine::Ports& ports);

// Who answers, whether all is seen and may be changed, placeholders.
core::Findings examine_batch(const core::Settings& settings, engine::Ports& ports);

core::Findings examine_clouds(const core::Settings& settings, engine::Ports& ports);

// All of these.
core::Findings examine_all(Context& context);

// The same by a `tide doctor` of its own that has only what cron gives it.
Result<core::Findings> examine_as_cron(Context& context);

// What was found here, and in what cron's differs from it. `config`: the file that this shell names and cron would not
// find, or "".
core::Findings with_cron(core::Findings here, const core::Findings& there, const std::string& config);

}  // namespace tide::cmd::doctor
