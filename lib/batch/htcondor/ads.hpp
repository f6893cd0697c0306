#pragma once

#include <tide/batch/htcondor/rows.hpp>
#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::htcondor {

// One ad of the collector, as far as tide asks for it.
struct Ad {
  std::string type;  // "Machine", "DaemonMaster", "Collector", "Scheduler"
  std::string name;
  std::string machine;
  std::string version;
  std::string address;                          // where its daemon listens: "<10.0.0.5:9618?...>"
  std::int64_t heard = 0;                       // LastHeardFrom, by the collector's clock
  std::optional<std::int64_t> clock;            // a collector's own time when it was asked
  std::optional<std::int64_t> up_since;         // of the daemon
  std::optional<std::int64_t> startd_up_since;  // a master's: of its startd; 0 if it runs none now
  bool partitionable = false;
  bool dynamic = false;
  bool offline = false;  // hibernating, or a model of a machine that is not there
  bool draining = false;
  bool closed = false;  // its startd is shutting down peacefully: Requirements is false and it does not drain
  bool start_false = false;
  std::string drain_reason;
  std::string state;
  std::string activity;
  std::string job;
  std::int64_t cpus = 0;  // free ones, of a partitionable slot
  std::int64_t memory_mib = 0;
  std::int64_t gpus = 0;
  std::int64_t slot_cpus = 0;  // of the slot in all
  std::int64_t slot_memory_mib = 0;
  std::int64_t slot_gpus = 0;
  std::int64_t retirement = 0;           // MaxJobRetirementTime; 0 if it cannot be known
  std::map<std::string, int> tide_gpus;  // by type: "a100:2"
  std::string tide_node;
  std::string tide_instance;
  std::optional<bool> tide_ready;
  std::vector<std::string> features;  // TidePool, TideFeatures, and attributes of a feature's name that are true
};

// The arguments behind `condor_status` that ask for ads of these types and, unless it is "", this machine, and what
// goes to its stdin. The collector's own ad is sorted to the end: without it the output is not whole.
std::vector<std::string> ad_arguments(std::span<const std::string_view> types, const std::string& machine);
std::string ad_format(const std::set<std::string>& features);

struct Ads {
  Ad collector;
  std::vector<Ad> others;
  std::int64_t now = 0;  // the collector's clock
};

// What that printed. Unproven unless it ends with the collector's ad.
Result<Ads> parse_ads(std::string_view text, const std::set<std::string>& features);

}  // namespace tide::batch::htcondor
