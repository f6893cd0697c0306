#pragma once

#include <tide/core/settings.hpp>
#include <tide/util/result.hpp>

#include <span>
#include <string>

namespace tide::cmd {

// "max_nodes=60", "money.per_hour=5", "pools.small.max=8": these settings as if the configuration said so. Errors are
// of kind usage.
Result<core::Settings> what_if(core::Settings settings, std::span<const std::string> changes);

}  // namespace tide::cmd
