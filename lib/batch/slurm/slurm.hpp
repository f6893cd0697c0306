#pragma once

#include <tide/batch/batch.hpp>
#include <tide/batch/commands.hpp>
#include <tide/batch/slurm/queue_builder.hpp>
#include <tide/batch/slurm/show_config.hpp>
#include <tide/util/clock.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace tide::batch::slurm {

struct SlurmOptions {
  std::string scontrol;  // absolute paths
  std::string squeue;
  std::string sacctmgr;                            // "" if there is none
  std::map<std::string, std::string> environment;  // PATH and [batch.env]
  std::chrono::milliseconds timeout{30'000};
  std::int64_t user_id = 0;  // of this process
  std::string user;
};

// slurm.md says what is called, what is read, and what 22.05 does that one would not expect.
class Slurm final : public BatchSystem {
 public:
  Slurm(process::CommandRunner& runner, Clock& clock, SlurmOptions options);

  core::BatchTraits traits() const override;  // hides_unregistered holds until server() has seen PrivateData=cloud
  Result<core::ServerIdentity> server() override;
  Result<std::vector<core::Node>> nodes() override;
  Result<core::JobQueue> jobs(bool all_ids) override;
  Result<void> add(const NodeSpec& node) override;
  Result<void> set_address(const core::NodeName& node, const std::string& address) override;
  Result<void> hold(const core::NodeName& node, const std::string& note) override;
  Result<void> release(const core::NodeName& node) override;
  Result<void> give_up(const core::NodeName& node) override;
  Result<void> remove(const core::NodeName& node) override;
  core::Findings examine(const core::Settings& settings) override;

 private:
  Result<process::Finished> read(const process::Command& command);
  Result<SlurmConfig> read_config();
  Result<std::string> admin_level();
  Result<void> prove_sight(const SlurmConfig& config);
  Result<MemoryRules> memory_rules();
  Result<Partitions> read_partitions();
  Result<core::JobQueue> read_queue(QueueOptions options, bool& wants_limits);
  Result<bool> has_registered(const core::NodeName& node);
  Result<void> update(const core::NodeName& node, std::vector<std::string> changes);

  Clock& m_clock;
  SlurmOptions m_options;
  Commands m_commands;
  bool m_shows_unregistered = false;
  std::optional<MemoryRules> m_memory;  // as server() last read them
};

}  // namespace tide::batch::slurm
