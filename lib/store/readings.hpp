#pragma once

#include <tide/store/database.hpp>
#include <tide/store/store.hpp>

namespace tide::store {

// What the last pass read, and how much there was at each: for people, so one row replaces the other.
Result<void> keep_reading(Database& database, const core::Snapshot& snapshot, const std::optional<Sample>& sample);
Result<std::optional<Kept>> kept_reading(Database& database);
Result<std::vector<Sample>> kept_samples(Database& database, TimePoint since);

}  // namespace tide::store
