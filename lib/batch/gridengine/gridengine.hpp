#pragma once

#include <tide/batch/batch.hpp>
#include <tide/batch/commands.hpp>
#include <tide/batch/gridengine/queue_builder.hpp>
#include <tide/util/clock.hpp>

#include <chrono>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::gridengine {

struct GridEngineOptions {
  std::string qstat;  // absolute paths
  std::string qhost;
  std::string qconf;
  std::string qmod;
  std::map<std::string, std::string> environment;  // PATH and [batch.env]
  std::chrono::milliseconds timeout{30'000};
  std::string user;
  ResourceNames names;
  std::vector<std::string> queues{"all.q"};                   // in which a node gets its slots
  std::string group = "@allhosts";                            // the host group that a node comes into
  std::map<std::string, std::string> groups;                  // another one, by the node's pool
  std::map<std::string, std::vector<std::string>> queues_of;  // other ones, by the node's pool
  bool with_accounts = false;                                 // some pool is for certain accounts
};

// gridengine.md says what is called, what is read, and what Grid Engine does that one would not expect.
class GridEngine final : public BatchSystem {
 public:
  GridEngine(process::CommandRunner& runner, Clock& clock, GridEngineOptions options);

  core::BatchTraits traits() const override;
  Result<core::ServerIdentity> server() override;
  Result<std::vector<core::Node>> nodes() override;
  Result<core::JobQueue> jobs(bool all_ids) override;
  Result<void> add(const NodeSpec& node) override;
  Result<void> set_address(const core::NodeName& node, const std::string& address) override;
  Result<void> hold(const core::NodeName& node, const std::string& note) override;
  Result<void> release(const core::NodeName& node) override;
  Result<void> remove(const core::NodeName& node) override;
  core::Findings examine(const core::Settings& settings) override;

 private:
  struct Hosts {
    std::vector<HostRecord> list;
    bool has_priorities = false;
  };
  // Where a node of this pool goes.
  struct Place {
    std::string group;
    std::vector<std::string> queues;
  };

  Result<std::string> ask(std::vector<std::string> arguments);  // qconf, that must succeed
  Result<std::vector<std::string>> ask_list(const std::string& option);
  // Refused with one of the words of `also_fine`, it is done as well.
  Result<void> change(std::vector<std::string> arguments, std::initializer_list<std::string_view> also_fine = {},
                      std::string input = "");
  Result<Hosts> read_hosts();
  Result<std::optional<HostRecord>> find_host(const core::NodeName& node);
  Result<Complexes> read_complexes();
  Result<void> read_waiting(QueueBuilder& builder);
  Result<std::vector<std::string>> read_queue_names();
  Result<std::optional<AllocationRule>> read_rule(const std::string& name);
  Result<AllocationRules> read_rules(const std::set<std::string>& names);
  Result<std::set<std::string>> read_licences(const std::set<std::string>& asked, const Complexes& complexes);
  Result<std::map<std::string, JobDetail>> read_details(const std::vector<std::string>& ids);

  Place place_of(const NodeSpec& node) const;
  std::set<std::string> groups() const;
  Result<void> make_host(const NodeSpec& node);
  Result<void> open_queues(const core::NodeName& node, const std::vector<std::string>& queues);
  Result<HostRecord> find_in_queue(const core::NodeName& node);
  Result<void> mark(const core::NodeName& node, const Mark& mark);
  Result<void> unmark(const core::NodeName& node);
  Result<void> disable(const core::NodeName& node);
  Result<void> enable(const std::string& instances);  // "all.q@n1,gpu.q@n1"
  Result<void> take_out(const core::NodeName& node, const HostRecord& host);

  Clock& m_clock;
  GridEngineOptions m_options;
  Commands m_commands;
};

}  // namespace tide::batch::gridengine
