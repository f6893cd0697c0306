#pragma once

#include <tide/batch/batch.hpp>
#include <tide/batch/commands.hpp>
#include <tide/batch/openpbs/nodes.hpp>
#include <tide/batch/openpbs/queue_builder.hpp>
#include <tide/batch/openpbs/server_info.hpp>
#include <tide/util/clock.hpp>

#include <chrono>
#include <map>
#include <string>

namespace tide::batch::openpbs {

struct PbsOptions {
  std::string qstat;  // absolute paths
  std::string pbsnodes;
  std::string qmgr;
  std::map<std::string, std::string> environment;  // PATH and [batch.env]
  std::chrono::milliseconds timeout{30'000};
  Form form = Form::json;
  bool root = false;  // of this process
  std::string user;
};

// openpbs.md says what is called, what is read, and what OpenPBS does that one would not expect.
class OpenPbs final : public BatchSystem {
 public:
  OpenPbs(process::CommandRunner& runner, Clock& clock, PbsOptions options);

  core::BatchTraits traits() const override;
  Result<core::ServerIdentity> server() override;  // finds out whether qstat knows -F
  Result<std::vector<core::Node>> nodes() override;
  Result<core::JobQueue> jobs(bool all_ids) override;
  Result<void> add(const NodeSpec& node) override;
  Result<void> set_address(const core::NodeName& node, const std::string& address) override;
  Result<void> hold(const core::NodeName& node, const std::string& note) override;
  Result<void> release(const core::NodeName& node) override;
  Result<void> remove(const core::NodeName& node) override;
  core::Findings examine(const core::Settings& settings) override;

 private:
  process::Command asking(const std::string& program, std::vector<std::string> arguments) const;
  Result<process::Finished> read(const process::Command& command);
  Result<ServerInfo> read_server();
  Result<Queues> read_queues();
  Result<NodeList> read_nodes();
  Result<core::JobQueue> read_jobs(QueueBuilder& builder);
  Result<void> prove_count(std::int64_t before, std::int64_t read);
  Result<std::vector<std::string>> settings_of(const NodeSpec& node);
  Result<void> change(const core::NodeName& node, const process::Command& command);
  std::string vnodes_of(const core::NodeName& node) const;

  Clock& m_clock;
  PbsOptions m_options;
  Commands m_commands;
  std::map<std::string, std::vector<std::string>> m_vnodes;  // of each node, as last listed
};

}  // namespace tide::batch::openpbs
