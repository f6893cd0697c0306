#pragma once

#include "cmd/context.hpp"
#include "cmd/output/document.hpp"

#include <tide/core/plan.hpp>

namespace tide::cmd::leave {

// Takes out what tide made and no machine needs any more: placeholders, and its part of the table of names unless
// machines that it let go of are still named there. With --dry-run only says so.
Result<void> take_out(Context& context, const core::Snapshot& snapshot, bool keep);

// What is still there, and the command that takes it away: a person's to say.
output::Section remains(Context& context, const core::Snapshot& snapshot, const std::vector<core::Worker>& machines,
                        bool keep);

}  // namespace tide::cmd::leave
