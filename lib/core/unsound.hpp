#pragma once

#include <tide/core/world.hpp>

#include <optional>

namespace tide::core {

// Why this machine of ours is to be replaced though it may still run jobs: interrupted, impaired, or to be retired by
// its cloud. Nothing: no reading, or none that is young enough, says so.
std::optional<Reason> unsoundness(const World& world, const Worker& worker);

// Live machines of which that is so, of one pool or of all: they fill no minimum.
int count_unsound(const World& world, const PoolName* pool);

}  // namespace tide::core
