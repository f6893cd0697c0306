#pragma once

#include "tests/support/scripted_runner.hpp"

#include <tide/batch/gridengine/gridengine.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace tide::test {

constexpr std::int64_t k_ge_now = 1'795'740'400;  // 2026-11-27T00:46:40Z

std::string ge_fixture(const std::string& name);  // below tests/fixtures/gridengine/8.1.9

// What judges jobs: the recorded cluster's resources, parallel environments and queues.
batch::gridengine::ShapeContext ge_shapes();
batch::gridengine::QueueContext ge_context();

// Elements of a <job_list>, behind its number and before its end; unless they are there, a plain waiting job's.
std::string ge_job(int number, const std::string& elements);
std::string ge_document(const std::string& jobs);

Result<core::JobQueue> read_ge_queue(const std::string& text, const batch::gridengine::QueueContext& context,
                                     std::size_t piece = 4'096);
core::WaitingJobs only_ge_group(const std::string& elements,
                                const batch::gridengine::QueueContext& context = ge_context());

Result<std::vector<batch::gridengine::HostRecord>> read_ge_hosts(const std::string& text, std::size_t piece = 4'096);

std::string dump(const core::JobQueue& queue);
std::string dump(const std::vector<core::Node>& nodes);

// A cell of Grid Engine, as far as the adapter changes it. It answers as 8.1.9 does, refusals with exit code 0 too.
class FakeCell final : public process::CommandRunner {
 public:
  struct Host {
    std::map<std::string, std::string> values;  // complex_values
    bool reports = false;
    int slots_used = 0;
  };
  struct Queue {
    std::map<std::string, int> slots;
    std::set<std::string> born_disabled;
    std::map<std::string, bool> instances;  // disabled?
    std::string group = "@allhosts";
  };

  Result<process::Finished> run(const process::Command& command) override;

  std::map<std::string, Host> hosts;
  std::set<std::string> admins;
  std::map<std::string, std::set<std::string>> groups{{"@allhosts", {}}, {"@gpuhosts", {}}};
  std::map<std::string, Queue> queues{{"all.q", {}}};
  std::string unreachable;  // what qconf -ke says where it cannot end a daemon
  bool has_note = true;
  std::vector<std::string> changes;
  int changes_left = -1;  // then it is dead, and so is tide; -1: never
  // Called before each command that changes something.
  std::function<void(const std::string&)> on_change;

 private:
  process::Finished qhost() const;
  process::Finished qconf(const process::Command& command);
  process::Finished qconf_attribute(const std::vector<std::string>& words);
  process::Finished qmod(const std::vector<std::string>& words);
  void settle();
  bool is_referenced(const std::string& host) const;
};

batch::gridengine::GridEngineOptions ge_options();

}  // namespace tide::test
