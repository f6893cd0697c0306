#pragma once

#include <tide/batch/htcondor/ad_reader.hpp>
#include <tide/core/node.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace tide::batch::htcondor {

// For condor_status -attributes: what tide reads of a slot, and `wanted`, the machines' attributes that jobs name.
std::string slot_projection(const std::set<std::string>& wanted);

struct SlotOptions {
  TimePoint now{};               // of the collector, as well as it is known
  Seconds silent_after{600};     // an ad that is older belongs to a node that does not answer
  std::set<std::string> wanted;  // as jobs write them
};

// How a machine's startd can be made to take no more jobs.
struct DrainFacts {
  std::string machine;
  std::int64_t retirement_seconds = 0;  // least MaxJobRetirementTime of its slots; 0 where it is no number
  bool draining = false;
  bool retiring = false;  // a peaceful off is under way
  std::string reason;     // of the draining
  std::vector<std::string> jobs;
};

// Folds the ads of slots (static, partitionable, dynamic) into one node a machine. A visitor of AdReader.
class SlotBuilder {
 public:
  explicit SlotBuilder(SlotOptions options) : m_options(std::move(options)) {}

  void begin() { m_ad.clear(); }
  Result<void> attribute(std::string_view key, std::string_view value);
  Result<void> end();

  // Sorted by name. Named by TideNode where a machine has one, else as the machine itself.
  std::vector<core::Node> finish();
  const std::map<core::NodeName, DrainFacts>& drains() const { return m_drains; }  // once finished

 private:
  struct Machine {
    core::Node node;
    DrainFacts drain;
    std::string state;
    bool first = true;
    bool start_false = false;
    bool start_undefined = false;
    bool ready_false = false;
    TimePoint heard{};
  };

  Value value(const std::string& name) const;
  std::string text(const std::string& name) const;
  std::int64_t number(const std::string& name, std::int64_t fallback) const;
  void add_size(Machine& machine) const;
  void add_features(core::Node& node) const;
  void add_state(Machine& machine) const;

  SlotOptions m_options;
  std::map<std::string, std::string> m_ad;  // key in lower case
  std::map<std::string, Machine> m_machines;
  std::map<core::NodeName, DrainFacts> m_drains;
};

// Of `condor_status -master`: machines whose startd is off, and the collector's own.
struct MasterAd {
  std::string name;
  std::string machine;
  std::string version;
  std::string node;      // TideNode
  std::string instance;  // TideInstance
  std::string address;
  std::int64_t startd_since = -1;  // 0: this master runs no startd now; -1: it is not one of its daemons
  std::int64_t collector_since = -1;
  std::int64_t up_since = 0;
  std::int64_t heard = 0;  // by the collector's clock
};
std::string master_projection();

class MasterBuilder {
 public:
  void begin() { m_ad = {}; }
  Result<void> attribute(std::string_view key, std::string_view value);
  Result<void> end();
  const std::vector<MasterAd>& masters() const { return m_masters; }

 private:
  MasterAd m_ad;
  std::vector<MasterAd> m_masters;
};

// The node of a machine that runs no startd: held for good, and empty, by its master's own word.
core::Node off_node(const MasterAd& master, const SlotOptions& options);

}  // namespace tide::batch::htcondor
