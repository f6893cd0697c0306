#pragma once

#include <tide/batch/batch.hpp>
#include <tide/cloud/cloud.hpp>
#include <tide/core/exit_code.hpp>
#include <tide/core/plan.hpp>
#include <tide/hooks/hooks.hpp>
#include <tide/names/name_table.hpp>
#include <tide/store/store.hpp>
#include <tide/util/clock.hpp>

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace tide::engine {

// The world, as a pass may touch it.
struct Ports {
  Clock& clock;
  Random& random;
  batch::BatchSystem& batch;
  std::map<core::CloudName, cloud::Cloud*> clouds;
  store::Store& store;
  names::NameTable* names;                       // nothing: the batch system, or DNS, resolves the names
  core::HeadId head;                             // of this machine and cluster; never from the store
  std::function<void(Seconds)> begin_pass = {};  // told how long all calls of the pass that begins may take together
  hooks::Hooks* hooks = nullptr;                 // the site's own programs; nothing if it has none
};

// One for each action of the plan, in order; a failure is data.
struct Outcome {
  core::PlannedAction planned;
  std::optional<Error> error;             // absent: done
  std::vector<core::InstanceId> started;  // of a launch; fewer than asked is told in `note`
  std::string note;

  bool operator==(const Outcome&) const = default;
};

struct PassOptions {
  core::Scope scope;
  bool dry_run = false;  // observe and plan only; writes nothing
  bool all_job_ids = false;
  std::chrono::milliseconds began{0};            // by Clock::monotonic; run_pass sets it
  std::function<void(const Outcome&)> progress;  // called after each action; may be empty
  // Looks at what is about to be done, before anything is written; an error ends the pass there. May be empty.
  std::function<Result<void>(const core::Snapshot&, const core::Plan&)> approve = {};
};

struct PassReport {
  core::Snapshot snapshot;
  core::Plan plan;
  std::vector<Outcome> outcomes;
  std::vector<cloud::UpkeepStep> upkeep = {};  // what was done for machines beside the plan's actions
};

// What reading commands need: the batch system, the clouds and memory. Fails only where the store does; what
// could not be read is an Error inside the snapshot. Writes nothing.
// `wish`: as if it were written; null for none.
Result<core::Snapshot> observe(Ports& ports, const core::Settings& settings, bool all_job_ids,
                               const core::Wish* wish = nullptr);

// How many jobs and nodes there are, for people who look back.
store::Sample count(const core::Snapshot& snapshot, const core::Plan& plan);

// Observe, plan, save memory, act, save what came of it. The caller holds the lock (except for dry_run).
Result<PassReport> run_pass(Ports& ports, const core::Settings& settings, const PassOptions& options);

constexpr std::string_view k_close_wish = "close-wish";  // the type of such events

// What an event tells of a wish that a pass closed.
struct Closing {
  core::ExitCode exit = core::ExitCode::partly;  // as of what was declined of it, or failed, first; not known: partly
  std::string text;                              // "" if no event tells: that pass was killed before it could
};
Result<Closing> closing_of(store::Store& store, const core::WishId& wish);

// Whether an event tells of this machine as the one of its node.
bool names_instance(const store::Event& event, std::string_view instance);

// Of a pass on its own (`scale-once`): what planning declined is 0. A source that could not be read decides first.
core::ExitCode exit_code(const PassReport& report);
// Of the sources alone, for reading commands.
core::ExitCode exit_code(const core::Snapshot& snapshot);

}  // namespace tide::engine
