#pragma once

#include <tide/core/ids.hpp>
#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tide::core {

enum class InstanceState { pending, running, stopping, stopped, gone, failed, unknown };
enum class Market { on_demand, spot };

// What a cloud knows of a machine.
struct Instance {
  CloudName cloud;
  InstanceId id;
  InstanceId request;  // that it was asked for by, where that has an ID of its own (EC2's spot requests)
  InstanceState state = InstanceState::unknown;
  bool impaired = false;  // the cloud's own health check says so, for longer than a grace
  std::string event;      // what the cloud has planned for it: "instance-retirement"; see core/health.hpp
  std::optional<TimePoint> event_at;
  std::string interrupted;  // spot: the cloud takes it back, or did; why
  std::string type;
  std::string zone;
  Market market = Market::on_demand;
  TimePoint launched_at{};
  int launch_index = 0;                // EC2 ami-launch-index: which of tide:names is its name
  std::vector<std::string> names;      // its own (tide:names resolved, or the server's name) first, then DNS names
  std::string address;                 // the one that [pools.x] address chooses; empty while unknown
  std::vector<std::string> addresses;  // all
  std::map<std::string, std::string> tags;
  std::string fault;                          // the cloud's words for why it failed or ended
  ErrorKind fault_kind = ErrorKind::unknown;  // capacity or quota: it failed for want of room, not by its own doing

  bool operator==(const Instance&) const = default;
};

namespace tag {
constexpr const char* k_cluster = "tide:cluster";
constexpr const char* k_owner = "tide:owner";
constexpr const char* k_pool = "tide:pool";
constexpr const char* k_intent = "tide:intent";
constexpr const char* k_template = "tide:template";
constexpr const char* k_names = "tide:names";
constexpr const char* k_prefix = "tide:";  // of all that tide sets
}  // namespace tag

// What is to become of a machine's tags; those that are in neither stay as they are.
struct Retag {
  std::map<std::string, std::string> set;
  std::vector<std::string> remove;  // keys

  bool operator==(const Retag&) const = default;
};

// Value of a tag, or "".
std::string_view tag_of(const Instance& instance, const char* key);

// Is it there and costing money, or about to? (pending, running, stopping, stopped, unknown; failed too: it holds
// quota)
bool is_live(InstanceState state);

// Is there no machine yet, but a request that waits for one?
bool is_request(const Instance& instance);

// What a type offers, as its cloud says.
struct InstanceType {
  std::string name;
  int slots = 0;
  std::int64_t memory_mib = 0;
  std::map<std::string, int> gpus;

  bool operator==(const InstanceType&) const = default;
};

// One of a pool's types in one of its zones or subnets; "" where the pool names none.
struct Choice {
  std::string type;
  std::string zone;
  std::int64_t price_micros = 0;  // a machine and hour, as known when it was planned
  std::string max_price = {};     // its own cap, where the request's is not that of every choice

  bool operator==(const Choice&) const = default;
};

// All that one launch call asks for. Kept in the intent until it closes, so that a repeat sends the same bytes.
struct LaunchRequest {
  IntentId intent;  // the token
  CloudName cloud;
  PoolName pool;
  int count = 1;
  int min_count = 1;               // fewer than this: launch none
  std::vector<std::string> types;  // the one to ask for first; adapters of single-type clouds use the first
  std::string image;
  std::string zone;  // or subnet: the adapter's word; "" for any
  std::vector<Choice>
      alternatives;  // to type and zone, in order: for the part that does not come, each a call of its own
  Market market = Market::on_demand;
  std::string max_price;
  std::vector<InstanceId> restart;       // not new ones: these stopped machines are started again, as many as count
  std::vector<std::string> names;        // as many as count
  std::optional<TimePoint> valid_until;  // CloudTraits::by_request: what waits for its machine by then ends by itself
  std::string user_data;                 // rendered
  std::map<std::string, std::string> tags;
  std::map<std::string, std::vector<std::string>> options;  // the pool's keys that only the adapter knows
  // What the local cloud hands to the command:
  int slots = 0;
  std::int64_t memory_mib = 0;
  std::map<std::string, int> gpus;
  std::vector<std::string> features;
  std::string head;

  bool operator==(const LaunchRequest&) const = default;
};

}  // namespace tide::core
