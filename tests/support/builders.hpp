#pragma once

#include <tide/core/limits.hpp>
#include <tide/core/plan.hpp>

#include <string>
#include <vector>

// A world for one planner case, in few lines: a Slurm cluster "demo" whose head is "head-1", one cloud "aws", one pool
// "small" (4 slots, 8000 MiB, 0.10 an hour). What a case does not name is healthy, known for an hour and believed.
namespace tide::test {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr Moment k_now{100'000};
inline const TimePoint k_wall{Seconds(1'800'000'000)};

// ---- shapes of jobs

core::Shape slots(int tasks, int nodes = 1);

// ---- the world

class Snapshot {
 public:
  Snapshot();
  // Not inline, as little else here: each test file would compile all of it anew.
  Snapshot(const Snapshot& other);
  Snapshot(Snapshot&& other) noexcept;
  Snapshot& operator=(const Snapshot& other);
  Snapshot& operator=(Snapshot&& other) noexcept;
  ~Snapshot();

  core::Memory& memory();

  Snapshot& cloud(const std::string& name);
  Snapshot& unreadable(const std::string& name, ErrorKind kind = ErrorKind::retry);
  template <typename Tweak>
  Snapshot& set(Tweak tweak) {
    tweak(settings);
    return *this;
  }
  template <typename Tweak>
  Snapshot& pool(const std::string& name, Tweak tweak) {
    tweak(plain_pool(name));
    return *this;
  }
  Snapshot& pool(const std::string& name);

  // A machine of ours that runs, and what is remembered of it; its node did not register yet.
  Snapshot& machine(const std::string& id, const std::string& name, Seconds age = 60s,
                    const std::string& pool_name = "small");

  // A machine of ours whose node joined an hour ago, took jobs before, and has none now.
  Snapshot& worker(const std::string& id, const std::string& name, const std::string& pool_name = "small");
  // A node that is not ours: of metal, long there.
  Snapshot& stranger(const std::string& name, Seconds seen = 90'000s);

  // ---- of the machine, or the node, named last
  Snapshot& idle(Seconds since);
  Snapshot& busy(const std::string& job, int used = 1);
  Snapshot& silent(Seconds since);
  Snapshot& held(const std::string& note);
  // Held by us for a drain, since an earlier pass.
  Snapshot& draining(const std::string& rule = "idle", std::int64_t pass = 98, const std::string& wish = "");
  // Registered, and still held from its making.
  Snapshot& joining();
  Snapshot& hold_row(core::HoldRow row);
  Snapshot& state(core::InstanceState state);
  template <typename Tweak>
  Snapshot& node(Tweak tweak) {
    tweak(node());
    return *this;
  }
  template <typename Tweak>
  Snapshot& row(Tweak tweak) {
    tweak(row());
    return *this;
  }
  template <typename Tweak>
  Snapshot& instance(Tweak tweak) {
    tweak(instance());
    return *this;
  }
  // The batch system's list lacks the node; the cloud's lacks the machine; the store lacks all of it.
  Snapshot& node_missing();
  Snapshot& instance_missing();
  Snapshot& forgotten();

  // ---- demand, intents, wishes
  Snapshot& waiting(const core::Shape& shape, std::int64_t count = 1);
  Snapshot& open_intent(const std::string& id, int count = 1, Seconds age = 60s);
  Snapshot& wish(core::WishKind kind, std::vector<std::string> targets, bool force = false);
  Snapshot& wish_launch(int count, const std::string& pool_name = "small");
  // What the last good pass saw is what there is now; call it before taking things away.
  Snapshot& learned();

  // ---- the end
  core::Snapshot build();
  core::Plan plan();
  core::Plan plan_for_wish();

  core::Instance& instance();
  core::Machine& row();
  core::Node& node();
  std::vector<core::Node>& nodes();
  static Moment before(Seconds age);
  static core::Node plain_node(const std::string& name);
  static std::string instance_address(const std::string& id);

  core::Snapshot now;
  core::Settings settings;

 private:
  core::Pool& plain_pool(const std::string& name);  // put among the settings

  core::InstanceId m_id;
  core::NodeName m_node;
  bool m_learned = false;
};

Snapshot snapshot();

// ---- what came of it, in a form that reads well in CHECK()

// "hold n1: idle", "launch small x2: demand"
std::string line(const core::PlannedAction& planned);
Lines actions(const core::Plan& plan);
// "n1: end-limit"
Lines declined(const core::Plan& plan);
Lines alarms(const core::Plan& plan);
bool has(const Lines& lines, const std::string& line);

const core::Worker* find(const core::Plan& plan, const std::string& name_or_id);
std::vector<core::Launch> launches(const core::Plan& plan);

}  // namespace tide::test
