#pragma once

#include <tide/core/ids.hpp>
#include <tide/util/clock.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tide::core {

// What a cloud can be asked about its machines, beside the list of them.
enum class HealthQuestion {
  checks,   // its own health checks, and what it has planned for their hosts
  notices,  // spot machines that it takes back
};

// What a cloud says of one machine beside its state. What it says nothing of is well.
struct Health {
  InstanceId id;
  std::string impaired;               // which check fails, in the cloud's words
  std::string event;                  // what it has planned: "instance-retirement", "system-reboot"
  std::optional<TimePoint> event_at;  // not before
  std::string interrupted;            // it takes the machine back: why

  bool operator==(const Health&) const = default;
};

// What was last read of one machine.
struct HealthRow {
  Health says;
  std::optional<Moment> impaired_since;  // of the first reading of those that say so one after the other

  bool operator==(const HealthRow&) const = default;
};

// One question's last answer; kept, so that not every pass asks.
struct HealthReading {
  std::optional<Moment> tried;
  std::optional<Moment> read;  // nothing: never answered
  std::map<InstanceId, HealthRow> rows;

  bool operator==(const HealthReading&) const = default;
};

struct CloudHealth {
  HealthReading checks;
  HealthReading notices;

  bool operator==(const CloudHealth&) const = default;
};

// What a spot machine of this type costs an hour in this zone now.
struct SpotPrice {
  std::string type;
  std::string zone;
  std::int64_t micros = 0;

  bool operator==(const SpotPrice&) const = default;
};

// One cloud's spot prices, as last read.
struct PriceReading {
  std::optional<Moment> tried;
  std::optional<Moment> read;
  std::vector<SpotPrice> rows;  // sorted by type, then zone

  bool operator==(const PriceReading&) const = default;
};

}  // namespace tide::core
