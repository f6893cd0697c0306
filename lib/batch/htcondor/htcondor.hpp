#pragma once

#include <tide/batch/batch.hpp>
#include <tide/batch/htcondor/job_builder.hpp>
#include <tide/batch/htcondor/slots.hpp>
#include <tide/process/command_runner.hpp>
#include <tide/util/clock.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace tide::batch::htcondor {

struct CondorOptions {
  std::string bin_q;  // absolute paths
  std::string bin_status;
  std::string bin_drain;
  std::string bin_off;
  std::string bin_on;
  std::string bin_config_val;
  std::map<std::string, std::string> environment;  // PATH and [batch.env]
  std::chrono::milliseconds timeout{30'000};
  std::string pool;                  // collector, as of -pool; "": that of the configuration
  std::vector<std::string> schedds;  // empty: this machine's; "all": those that the collector lists
  Seconds settle{900};               // a collector that is up for less knows only some nodes
  Seconds silent_after{600};
};

// htcondor.md says what is called, what is read, and what 23.9 does that one would not expect.
class Condor final : public BatchSystem {
 public:
  Condor(process::CommandRunner& runner, Clock& clock, CondorOptions options);

  core::BatchTraits traits() const override;
  Result<core::ServerIdentity> server() override;
  Result<std::vector<core::Node>> nodes() override;
  Result<core::JobQueue> jobs(bool all_ids) override;
  Result<void> add(const NodeSpec& node) override;  // a node comes by itself
  Result<void> set_address(const core::NodeName& node, const std::string& address) override;
  Result<void> hold(const core::NodeName& node, const std::string& note) override;
  Result<void> release(const core::NodeName& node) override;
  Result<void> remove(const core::NodeName& node) override;

 private:
  process::Command command(const std::string& program, std::vector<std::string> arguments) const;
  process::Command status(std::vector<std::string> arguments) const;  // with -pool
  Result<process::Finished> run(const process::Command& command);
  Result<process::Finished> read(const process::Command& command);
  template <typename Visitor>
  Result<void> read_ads(process::Command command, Visitor& visitor, bool& empty);
  Result<void> prove_none(const char* kind);
  Result<void> prove_no_jobs(const std::string& schedd);
  Result<std::vector<std::string>> schedds();
  Result<std::vector<MasterAd>> masters(const std::string& constraint);
  Result<void> read_jobs(const std::string& schedd, JobBuilder& builder);
  Result<std::map<std::string, std::string>> tide_names();
  Result<std::vector<core::Node>> read_slots(SlotBuilder& builder, const std::string& constraint);
  Result<TimePoint> collectors_time(const std::vector<MasterAd>& masters);

  struct Found {
    std::optional<core::Node> node;
    DrainFacts drain;
    std::optional<MasterAd> master;
  };
  Result<Found> find(const core::NodeName& node);
  Result<void> change(const process::Command& command);
  Result<void> drain(const Found& found, const std::string& note);
  Result<void> turn_off(const Found& found);

  process::CommandRunner& m_runner;
  Clock& m_clock;
  CondorOptions m_options;
  std::set<std::string> m_machine_attributes;  // that the jobs read last name
};

}  // namespace tide::batch::htcondor
