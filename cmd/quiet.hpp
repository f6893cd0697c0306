#pragma once

#include "cmd/output/show.hpp"

namespace tide::cmd {

// For what runs again and again with nobody looking: says of these troubles what cron's peace lets through
// (core/peace.hpp), on stderr. No capacity is none. Where the store cannot keep what was told, all is said.
void tell_in_peace(Context& context, const std::vector<output::Trouble>& troubles);

// A pass that could not be run at all, as a trouble.
output::Trouble trouble_of(const Error& error);

}  // namespace tide::cmd
