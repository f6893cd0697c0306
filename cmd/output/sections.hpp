#pragma once

#include "cmd/output/document.hpp"

#include <tide/engine/pass.hpp>

#include <vector>

namespace tide::cmd::output {

// The rows that several commands show, from a plan or from what came of it.
// By pool, what is not ours last.
Section workers(const core::Plan& plan, const core::Snapshot& snapshot);
// A person's bounds for the pool that hold now (core/resize.hpp), in words; null if the configured ones do.
Cell resized_text(const core::Memory& memory, const core::Settings& configured, const core::PoolName& pool);
Section pools(const core::Plan& plan, const core::Snapshot& snapshot, const core::Settings& settings);
Section jobs(const core::Plan& plan);
Section actions(const core::Plan& plan);  // planned, for --dry-run
// What was done, or failed with why.
Section actions(const std::vector<engine::Outcome>& outcomes, const std::vector<cloud::UpkeepStep>& upkeep);
Section declined(const core::Plan& plan);
// One row while tide is asleep, else none.
Section sleep(const core::Snapshot& snapshot);
Section back_offs(const core::Plan& plan, const core::Snapshot& snapshot, const core::Settings& settings);
// Last words of machines that failed to boot, those too whose machine is gone, while their pool has not booted since.
Section consoles(const core::Memory& memory);
Section alarms(const core::Plan& plan);
Section events(const std::vector<store::Event>& rows);

// "small 4 slots, 7168 MiB": what one job of the shape asks for.
std::string shape_text(const core::Shape& shape);

}  // namespace tide::cmd::output
