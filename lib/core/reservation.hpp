#pragma once

#include <tide/core/ids.hpp>
#include <tide/util/clock.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tide::core {

// So many machines of a type; `zone` is "" where it may be any of the region.
struct TypeCount {
  std::string type;
  std::string zone;
  int count = 0;

  bool operator==(const TypeCount&) const = default;
};

// What an account has paid for in advance, and who else of it uses that up.
struct Reservations {
  std::vector<TypeCount> reserved;           // in force; sorted by type, then zone
  std::vector<TypeCount> others;             // on-demand machines that run without our cluster's tag; likewise
  std::map<std::string, std::string> zones;  // of the pools' subnets; only where a reservation is of one zone

  bool operator==(const Reservations&) const = default;
};

// One cloud's, as last read.
struct ReservationReading {
  std::optional<Moment> tried;
  std::optional<Moment> read;
  Reservations says;

  bool operator==(const ReservationReading&) const = default;
};

}  // namespace tide::core
