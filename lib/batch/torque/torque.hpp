#pragma once

#include <tide/batch/batch.hpp>
#include <tide/batch/commands.hpp>
#include <tide/batch/torque/queue_builder.hpp>
#include <tide/batch/torque/server_status.hpp>
#include <tide/util/clock.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tide::batch::torque {

struct TorqueOptions {
  std::string qstat;  // absolute paths
  std::string pbsnodes;
  std::string qmgr;
  std::map<std::string, std::string> environment;  // PATH and [batch.env]
  std::string server;                              // "" for the commands' own default
  std::chrono::milliseconds timeout{30'000};
  bool is_root = false;
  std::string user;
  bool with_accounts = false;           // some pool is for certain accounts
  std::string showq;                    // of Maui or Moab, where they schedule; else ""
  std::vector<std::string> priorities;  // "diagnose", "-p"
};

// torque.md says what is called, what is read, and what TORQUE does that one would not expect.
class Torque final : public BatchSystem {
 public:
  Torque(process::CommandRunner& runner, Clock& clock, TorqueOptions options);

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
  Result<process::Finished> read(const process::Command& command);
  Result<ServerStatus> read_server();
  Result<pbs::Queues> read_queues();
  Result<SchedulerView> read_scheduler();
  Result<std::vector<core::Node>> read_nodes();
  Result<std::optional<core::Node>> find_node(const core::NodeName& node);
  Result<core::JobQueue> prove(QueueBuilder& builder, const ServerStatus& before, const process::Command& qstat);
  Result<void> change(const core::NodeName& node, std::vector<std::string> arguments);

  Clock& m_clock;
  TorqueOptions m_options;
  Commands m_commands;
  bool m_jobs_asked = false;
  std::map<core::NodeName, NodeUse> m_uses;  // of the last reading of jobs
};

}  // namespace tide::batch::torque
