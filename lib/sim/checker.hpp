#pragma once

#include <tide/core/plan.hpp>
#include <tide/sim/clock.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tide::sim {

// Watches every call of tide from the outside, by what is really so in the world, and keeps what broke a promise.
class Checker {
 public:
  explicit Checker(const SimClock& clock) : m_clock(clock) {}

  // The settings that tide is supposed to obey, and where to look up what its store holds.
  void watch(const core::Settings& settings, const core::HeadId& head, const core::Memory& memory);
  void begin_pass(std::int64_t pass, int live);  // machines of ours
  std::int64_t pass() const { return m_pass; }
  void store_replaced();
  void rebooted();
  // A person's: on these names or IDs only, and `force` accepts that jobs die.
  void wish(const core::Wish& wish);

  // Readings as they are handed to tide.
  void batch_reading(bool whole);
  void looked();  // the last of a pass's first readings is over
  void nodes_listed(const std::vector<core::Node>& nodes);
  void cloud_listed(const core::CloudName& cloud, const std::vector<core::Instance>* instances);

  struct LaunchFacts {
    const core::LaunchRequest& request;
    int machines = 0;                    // that this call would add
    std::map<core::PoolName, int> live;  // of ours in all clouds, by pool, before it
    std::set<std::string> live_names;    // of all machines, before it
    bool came = false;                   // a machine of it is live: its cloud has no tokens, and the answer was lost
  };
  void launch(const LaunchFacts& facts);
  void not_launched();  // the cloud refused that launch: another choice may be asked for them
  void machines_of_token(const core::LaunchRequest& request, int made);

  struct EndFacts {
    core::CloudName cloud;
    core::InstanceId id;
    core::NodeName node;
    bool ours = false;
    bool registered = false;  // a node of it is there
    bool by_itself = false;   // nobody made its entry, held
    std::optional<TimePoint> registered_at = {};
    bool held_by_tide = false;
    bool held_by_person = false;
    std::int64_t hold_pass = 0;
    std::size_t jobs = 0;
  };
  void end(const EndFacts& facts);

  struct NodeFacts {
    core::NodeName node;
    const char* change = "";
    bool foreign = false;
    bool held_by_person = false;
    std::size_t jobs = 0;
  };
  void change_node(const NodeFacts& facts);
  void job_on_unreleased(const core::NodeName& node);
  void planned(const core::Snapshot& snapshot, const core::Plan& plan);
  // A pass that read all, doubted nothing and did all, and the launches that have machines too many after it.
  void passed(const std::set<core::IntentId>& doubled);

  void fail(std::string text);
  const std::vector<std::string>& violations() const { return m_violations; }

 private:
  bool caps_known() const;

  const SimClock& m_clock;
  const core::Settings* m_settings = nullptr;
  const core::Memory* m_memory = nullptr;
  core::HeadId m_head;
  std::int64_t m_pass = 0;
  int m_launched = 0;          // in this pass
  int m_launched_last = 0;     // of them, by the last call
  std::string m_launched_for;  // pool and demand of the first of them
  int m_ended = 0;
  int m_live_at_begin = 0;
  bool m_whole = true;  // the batch readings of this pass
  bool m_looked = false;
  bool m_again_whole = true;                 // those after them
  std::set<std::string> m_repeated_for;      // pool and demand, in this pass
  std::map<core::CloudName, bool> m_clouds;  // readings of this pass
  std::set<core::CloudName> m_unread;        // since the store was replaced
  TimePoint m_replaced_at{};
  TimePoint m_nodes_read{};  // the latest reading of nodes
  std::optional<TimePoint> m_suspect_since;
  std::optional<TimePoint> m_rebuild_since;
  std::map<core::IntentId, int> m_doubled;  // good passes for which it has been
  std::set<std::string> m_wished;
  std::set<std::string> m_forced;
  std::vector<std::string> m_violations;
};

}  // namespace tide::sim
