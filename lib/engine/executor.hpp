#pragma once

#include <tide/core/back_off.hpp>
#include <tide/engine/pass.hpp>

#include <set>
#include <string>

namespace tide::engine {

// Does the actions of one plan, in order. Everything that a crash must not lose is on disk before the call that it is
// about; each answer is on disk before the next call. Memory is the plan's, kept up with what came of it.
class Executor {
 public:
  // `saved` is what the store holds now.
  Executor(Ports& ports, const core::Settings& settings, const core::Snapshot& snapshot, core::Memory memory,
           core::Memory saved, const PassOptions& options);

  // Fails only where the store does: nothing more is done then. Outcomes so far are in outcomes().
  Result<void> run(const core::Plan& plan);
  const std::vector<Outcome>& outcomes() const { return m_outcomes; }

 private:
  using Span = std::span<const core::PlannedAction>;

  Result<void> save();
  void report(const core::PlannedAction& planned, std::optional<Error> error, std::string note = "",
              std::vector<core::InstanceId> started = {});

  // Tells a hook; what it failed with, as a note: "; ...". Nothing it says changes what was done.
  std::string tell(hooks::Kind kind, const core::NodeName& node, const std::string& why);
  std::string tell(hooks::Call call);
  hooks::Call about(hooks::Kind kind, const core::InstanceId& instance, const std::string& why) const;

  // launches.cpp
  // One planned launch on its way through the choices of its pool.
  struct Attempt {
    const core::PlannedAction* planned = nullptr;
    core::IntentId intent;  // of the call that is made now
    std::vector<core::InstanceId> started = {};
    std::string note = {};
    std::optional<Error> error = {};         // of the last call
    std::vector<core::NodeName> added = {};  // of which no hook was told yet
    std::string hooks = {};                  // what hooks failed with
  };
  Result<void> launch_all(Span launches);
  Result<void> repeat(const core::PlannedAction& planned);
  Result<void> run_launches(std::vector<Attempt> attempts);
  void set_valid_until(core::LaunchRequest& request) const;
  core::IntentId open_intent(core::Intent intent);
  std::optional<core::Intent> next_choice(const Attempt& attempt) const;
  Result<void> add_nodes(const core::Intent& intent, std::vector<core::NodeName>& added);
  void tell_added(Attempt& attempt);
  void tell_started(Attempt& attempt);
  core::HoldRow joining_hold(const core::NodeName& node) const;
  void settle(Attempt& attempt, Result<cloud::LaunchReply> reply);
  void came(const core::LaunchRequest& request);
  void remember_begun(core::Intent& intent);
  void rest_stopped(const core::LaunchRequest& request);
  void remember_started(core::Intent& intent, const cloud::LaunchReply& reply);
  void finish(Attempt& attempt);
  const core::Families& families(const core::CloudName& cloud) const;
  void back_off(const core::Bid& bid, const Error& error);

  // ends.cpp
  Result<void> terminate_all(Span ends);
  bool was_shown(const core::Terminate& end) const;
  std::optional<Error> look_again(const core::Terminate& end);
  Result<std::set<core::InstanceId>> ended_by_fresh_plan() const;
  bool is_vetoed(const core::PlannedAction& planned);
  void keep_console(const core::Terminate& end);
  void note_answer(core::Machine& machine, const Result<void>& answer) const;

  // nodes.cpp
  Result<void> hold_all(Span holds);
  Result<void> release(const core::PlannedAction& planned);
  Result<void> write_hosts(const core::PlannedAction& planned);
  Result<void> add(const core::PlannedAction& planned);
  Result<void> set_address(const core::PlannedAction& planned);
  Result<void> give_up(const core::PlannedAction& planned);
  Result<void> remove(const core::PlannedAction& planned);
  Result<void> close(const core::PlannedAction& planned);

  // owners.cpp
  Result<void> adopt(const core::PlannedAction& planned);
  Result<void> disown(const core::PlannedAction& planned);
  Result<void> give_up(const core::WishId& wish, const Error& refusal);

  Ports& m_ports;
  const core::Settings& m_settings;
  const core::Snapshot& m_snapshot;
  core::Memory m_memory;
  core::Memory m_saved;
  const PassOptions& m_options;
  std::vector<Outcome> m_outcomes;
  std::optional<Result<std::set<core::InstanceId>>> m_again;  // read once before a number of ends
};

}  // namespace tide::engine
