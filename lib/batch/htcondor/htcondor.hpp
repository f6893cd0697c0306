#pragma once

#include <tide/batch/batch.hpp>
#include <tide/batch/commands.hpp>
#include <tide/batch/htcondor/nodes.hpp>
#include <tide/batch/htcondor/queue_builder.hpp>
#include <tide/util/clock.hpp>

#include <chrono>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace tide::batch::htcondor {

struct CondorOptions {
  std::string condor_q;  // absolute paths
  std::string condor_status;
  std::string condor_drain;
  std::string condor_off;
  std::string condor_on;
  std::map<std::string, std::string> environment;  // PATH and [batch.env]
  std::chrono::milliseconds timeout{30'000};
  std::string pool;                  // the collector's address; "": the configuration's
  std::vector<std::string> schedds;  // their names; empty: this machine's; "all": those that the collector knows
  std::set<std::string> features;    // that some pool has
  Seconds silent_after{660};
  Seconds warmup{900};                  // a collector that is up for less knows too few machines
  Seconds drain_from{30L * 24 * 3600};  // the least retirement time at which condor_drain is used
};

// htcondor.md says what is called, what is read, and what HTCondor does that one would not expect.
class HtCondor final : public BatchSystem {
 public:
  HtCondor(process::CommandRunner& runner, Clock& clock, CondorOptions options);

  core::BatchTraits traits() const override;
  Result<core::ServerIdentity> server() override;
  Result<std::vector<core::Node>> nodes() override;
  Result<core::JobQueue> jobs(bool all_ids) override;
  Result<void> add(const NodeSpec& node) override;                                            // nothing to do
  Result<void> set_address(const core::NodeName& node, const std::string& address) override;  // nothing to do
  Result<void> hold(const core::NodeName& node, const std::string& note) override;
  Result<void> release(const core::NodeName& node) override;
  Result<void> remove(const core::NodeName& node) override;
  core::Findings examine(const core::Settings& settings) override;

 private:
  process::Command command(const std::string& program, std::vector<std::string> arguments) const;  // with -pool
  Result<Ads> read_ads(std::span<const std::string_view> types, const std::string& machine);
  Result<std::vector<std::string>> find_schedds();
  Result<void> read_queue(QueueBuilder& builder, const std::string& schedd);
  Result<bool> drain(const std::string& address, const std::string& note);
  Result<void> cancel(const std::string& address);
  Result<void> switch_startd(const std::string& program, const core::NodeName& node);
  Result<void> hold_machine(const core::NodeName& node, const Machine& machine, const std::string& note);

  Clock& m_clock;
  CondorOptions m_options;
  Commands m_commands;
};

}  // namespace tide::batch::htcondor
