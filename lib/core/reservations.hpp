#pragma once

#include <tide/core/plan.hpp>

#include <map>
#include <set>
#include <string>
#include <utility>

// Machines that an account has paid for in advance cost nothing more, as long as no others use that up. It makes them
// first among equals; caps of money count every machine at its full price all the same.
namespace tide::core {

// What is left of one cloud's reservations. A reservation of one zone serves that zone alone; another size of the same
// family is not counted on, though AWS may share a reservation among sizes.
class FreeReservations {
 public:
  FreeReservations() = default;
  explicit FreeReservations(const Reservations& said);

  // For how many more machines; `place` is a zone, a subnet, or "": where no zone is known the region's alone count.
  int left(const std::string& type, const std::string& place) const;
  bool take(const std::string& type, const std::string& place);  // false: there is none for it

 private:
  const std::string& zone_of(const std::string& place) const;

  std::map<std::pair<std::string, std::string>, int> m_left;  // by type and zone; zone "": anywhere
  std::map<std::string, std::string> m_zones;                 // of subnets
};

struct ReservedMachines {
  FreeReservations free;
  std::set<InstanceId> covered;  // machines of ours that use one
};

// Others' machines use them up first, so that none is counted on that the bill will not show; then ours, the longest
// running first, and what is intended. Nothing is free where nothing was read lately.
ReservedMachines reserved_machines(const Plan& plan, Moment now, const CloudName& cloud);

}  // namespace tide::core
