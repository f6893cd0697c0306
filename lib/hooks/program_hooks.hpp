#pragma once

#include <tide/hooks/hooks.hpp>
#include <tide/process/command_runner.hpp>
#include <tide/util/clock.hpp>

#include <sys/types.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tide::hooks {

struct ProgramOptions {
  std::string cluster;
  std::map<std::string, std::vector<std::string>> commands;  // by the hook's name: an absolute path and its arguments
  std::chrono::milliseconds timeout{30'000};
  std::map<std::string, std::string> environment;  // what all of them get, beside TIDE_*
};

// Can these be run by `user`, and can nobody else change them?
Result<void> check_programs(const std::map<std::string, std::vector<std::string>>& commands, uid_t user);

// A hook is a program of the site: run without a shell, with the call as one JSON object (tide.hook/1) on its input and
// the same words in TIDE_HOOK, TIDE_CLUSTER, TIDE_NODE, TIDE_INSTANCE, TIDE_CLOUD, TIDE_POOL, TIDE_ADDRESS, TIDE_WHY.
// One that anybody but its owner may write, or that belongs to neither tide's user nor root, is not run (config).
class ProgramHooks final : public Hooks {
 public:
  ProgramHooks(process::CommandRunner& runner, Clock& clock, ProgramOptions options);

  // All programs, before the first is needed.
  Result<void> check() const;

  bool wants(Kind kind) const override;
  // One that hung is not waited for again until the next pass.
  Result<void> call(const Call& call) override;
  void begin_pass() { m_hung.clear(); }

 private:
  process::CommandRunner& m_runner;
  Clock& m_clock;
  ProgramOptions m_options;
  std::set<Kind> m_hung;
};

}  // namespace tide::hooks
