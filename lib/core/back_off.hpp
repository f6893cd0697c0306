#pragma once

#include <tide/core/snapshot.hpp>

#include <string>
#include <vector>

// What a refused launch keeps tide from asking for again: how far that reaches, and for how long. Capacity belongs to a
// cloud, type, zone and market, whichever pool met it; a quota to all types that it counts.
namespace tide::core {

// One thing to ask a cloud for.
struct Bid {
  CloudName cloud;
  PoolName pool;
  Market market = Market::on_demand;
  Choice choice;

  bool operator==(const Bid&) const = default;
};

Bid bid_of(const LaunchRequest& request);
// A pool's types and zones, in its order of preference; one empty choice where it names none.
std::vector<Choice> choices_of(const Pool& pool);

// "c7i.xlarge in eu-central-1a", "c7i.xlarge (spot)"; "pool 'small'" where it names neither.
std::string describe(const Bid& bid);

// The row that this refusal makes, counting on from what memory has of it. `families` are CloudTraits::families.
using Families = std::map<std::string, std::string>;
BackOff back_off_after(const Memory& memory, const Families& families, const Bid& bid, const Error& error, Moment now);

// Machines of it came: no row that could have kept them off stands any longer.
void forget_back_offs(Memory& memory, const Families& families, const Bid& bid);
// The cloud took a launch, which says nothing of its room or quota yet.
void forget_refusals(Memory& memory, const CloudName& cloud, const PoolName& pool);
// A machine that was launched at `launched` runs: of what it asked for there is some again, whatever was refused
// before.
void forget_older_back_offs(Memory& memory, const Families& families, const Bid& bid, Moment launched);

// The row that keeps a launch off now, or null: of its cloud, or pool; and of the choice.
const BackOff* back_off_of_pool(const Memory& memory, const CloudName& cloud, const PoolName& pool, Moment now);
const BackOff* back_off_of(const Memory& memory, const Families& families, const Bid& bid, Moment now);

// Does the row keep the pool, or one of its choices, off?
bool concerns(const BackOff& row, const Pool& pool, const Snapshot& snapshot);

// Has the cloud's own rows of capacity and quota, whichever pool met them?
bool is_capacity_key(const std::string& key, const CloudName& cloud);

// "c7i.xlarge in eu-central-1a: no capacity until 12:31:05Z"
std::string describe(const BackOff& row, const Snapshot& snapshot);

}  // namespace tide::core
