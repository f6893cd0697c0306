#include <tide/sim/story.hpp>

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

// Bugs put in on purpose: each must be caught by a checker, in some story of a short campaign. A checker that catches
// nothing proves nothing.
using namespace tide;
using namespace tide::sim;
TEST_SUITE_BEGIN("sim/planted");

namespace {

using Plant = std::function<void(Story&)>;

// The first violation in these stories that says `words`, or all that was said instead.
std::string caught(const std::string& words, const std::function<void(Scenario&)>& prepare, const Plant& plant,
                   int seeds = 40) {
  std::string others;
  for (int seed = 1; seed <= seeds; ++seed) {
    Scenario scenario = draw_scenario(static_cast<std::uint64_t>(seed));
    scenario.lasts = Seconds(2 * 3600);
    prepare(scenario);
    Story story(std::move(scenario));
    plant(story);
    story.play();
    for (const std::string& violation : story.stage().checker.violations()) {
      if (violation.find(words) != std::string::npos) return violation;
      others += fmt::format("seed {}: {}\n", seed, violation);
    }
  }
  MESSAGE("not caught; instead:\n", others);
  return "";
}

void as_drawn(Scenario&) {}

// A store that loses what it is told about launches until they are answered.
class ForgetfulStore final : public store::Store {
 public:
  explicit ForgetfulStore(SimStore& store) : m_store(store) {}

  Result<core::Memory> load() override { return m_store.load(); }
  Result<void> save(const core::Memory& before, const core::Memory& after) override {
    core::Memory kept = after;
    std::erase_if(kept.intents, [](const auto& entry) { return entry.second.state == core::IntentState::open; });
    return m_store.save(before, kept);
  }
  Result<void> add_wish(const core::Wish& wish) override { return m_store.add_wish(wish); }
  Result<void> close_wish(const core::WishId& wish) override { return m_store.close_wish(wish); }
  Result<void> append(std::span<const store::Event> events) override { return m_store.append(events); }
  Result<std::vector<store::Event>> events(const store::EventQuery& query) override { return m_store.events(query); }
  Result<std::optional<std::string>> kept_text(const std::string& name) override { return m_store.kept_text(name); }
  Result<void> keep_text(const std::string& name, const std::string& text) override {
    return m_store.keep_text(name, text);
  }

 private:
  SimStore& m_store;
};

}  // namespace

TEST_CASE("planted: nothing, and nothing is caught") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const SeedReport report = run_seed(seed);
    CAPTURE(seed);
    CHECK(report.violations.empty());
  }
}

TEST_CASE("planted: an end without a hold") {
  const std::string violation = caught("its node is not held", as_drawn, [](Story& story) {
    story.head().bend_plan = [&story](core::Plan& plan) {
      for (core::PlannedAction& planned : plan.actions) {
        const auto* hold = std::get_if<core::Hold>(&planned.action);
        if (hold == nullptr || hold->row.kind != core::HoldKind::end) continue;
        const core::NodeName name = hold->row.node;
        const auto worker = std::ranges::find(plan.workers, name, &core::Worker::name);
        if (worker != plan.workers.end())
          planned.action = core::Terminate{.cloud = worker->cloud, .instance = worker->id, .node = name};
      }
    };
  });
  CHECK(violation.find("end of") != std::string::npos);
}

TEST_CASE("planted: an end in the pass of its hold") {
  const std::string violation = caught("held in this very pass", as_drawn, [](Story& story) {
    story.head().bend_plan = [](core::Plan& plan) {
      std::vector<core::PlannedAction> ends;
      for (const core::PlannedAction& planned : plan.actions) {
        const auto* hold = std::get_if<core::Hold>(&planned.action);
        if (hold == nullptr || hold->row.kind != core::HoldKind::end) continue;
        const auto worker = std::ranges::find(plan.workers, hold->row.node, &core::Worker::name);
        if (worker == plan.workers.end()) continue;
        ends.push_back(
            {core::Terminate{.cloud = worker->cloud, .instance = worker->id, .node = worker->name}, planned.reason});
      }
      plan.actions.insert(plan.actions.end(), ends.begin(), ends.end());
    };
  });
  CHECK(violation.find("end of") != std::string::npos);
}

TEST_CASE("planted: an error taken for an empty list") {
  const std::string violation = caught(
      "on an errored, unproven or suspect reading", [](Scenario& scenario) { scenario.faults.read_fails = 100; },
      [](Story& story) {
        story.head().bend_snapshot = [](core::Snapshot& snapshot) {
          if (!snapshot.server) snapshot.server = core::ServerIdentity{.name = "sim"};
          if (!snapshot.nodes) snapshot.nodes = std::vector<core::Node>{};
          if (!snapshot.jobs) snapshot.jobs = core::JobQueue{};
        };
      });
  CHECK_FALSE(violation.empty());
}

TEST_CASE("planted: a cloud's error taken for an empty list") {
  const std::string violation = caught(
      "its cloud could not be read", [](Scenario& scenario) { scenario.faults.list_fails = 200; },
      [](Story& story) {
        story.head().bend_snapshot = [](core::Snapshot& snapshot) {
          for (auto& [name, listed] : snapshot.instances) {
            if (!listed) listed = std::vector<core::Instance>{};
          }
        };
      });
  CHECK_FALSE(violation.empty());
}

TEST_CASE("planted: an intent that is not written before its call") {
  std::vector<std::unique_ptr<ForgetfulStore>> stores;
  const std::string violation = caught("is not on disk", as_drawn, [&](Story& story) {
    stores.push_back(std::make_unique<ForgetfulStore>(story.head().store()));
    story.head().kept = stores.back().get();
  });
  CHECK(violation.find("launch of") != std::string::npos);
}

TEST_CASE("planted: max_nodes is ignored") {
  const std::string violation = caught("max_nodes is", as_drawn, [](Story& story) {
    story.head().obey([](core::Settings& settings) { settings.scale.max_nodes = 1000; });
  });
  CHECK(violation.find("are live") != std::string::npos);
}

TEST_CASE("planted: per_hour is ignored") {
  const std::string violation = caught("per_hour is", as_drawn, [](Story& story) {
    story.head().obey([](core::Settings& settings) { settings.money.per_hour_micros.reset(); });
  });
  CHECK(violation.find("would cost") != std::string::npos);
}

TEST_CASE("planted: an open intent counts as nothing") {
  // No reply and a listing that lags: only the intent knows of those machines.
  const auto prepare = [](Scenario& scenario) {
    scenario.faults.launch_lost_after = 700;
    scenario.faults.list_lag = Seconds(45);
    scenario.interval_min = Seconds(10);
    scenario.interval_max = Seconds(20);
    scenario.settings.scale.max_nodes = 4;
  };
  const std::string violation = caught("are live", prepare, [](Story& story) {
    story.head().bend_snapshot = [](core::Snapshot& snapshot) {
      std::erase_if(snapshot.memory.intents,
                    [](const auto& entry) { return entry.second.state == core::IntentState::open; });
    };
  });
  CHECK(violation.find("launch of") != std::string::npos);
}

namespace {

// Clouds as Nova: calls land late, and a repeat brings a second machine.
void without_tokens(Scenario& scenario) {
  for (auto& [name, options] : scenario.clouds) {
    options.has_launch_tokens = false;
    options.launches_listed = true;
    options.launch_max = 1;
  }
  scenario.faults = {};
  scenario.faults.launch_lands_late = 700;
  scenario.interval_min = Seconds(20);
  scenario.interval_max = Seconds(60);
}

}  // namespace

TEST_CASE("planted: two machines of one launch that are left") {
  const std::string violation = caught("has two machines", without_tokens, [](Story& story) {
    story.head().bend_plan = [](core::Plan& plan) {
      std::erase_if(plan.actions, [](const auto& planned) { return planned.reason.rule == "duplicate"; });
    };
  });
  CHECK_FALSE(violation.empty());
}

TEST_CASE("planted: an end on one witness") {
  const auto prepare = [](Scenario& scenario) {
    scenario.faults.counters_stale = 300;
    scenario.jobs_per_hour = 40;
  };
  const std::string violation = caught(
      "it runs", prepare,
      [](Story& story) {
        story.head().bend_snapshot = [](core::Snapshot& snapshot) {
          if (snapshot.jobs) snapshot.jobs->running.clear();
          if (snapshot.jobs) snapshot.jobs->waiting.clear();
          snapshot.memory.last_good.running.clear();
        };
      },
      200);
  CHECK(violation.find("end of") != std::string::npos);
}

TEST_CASE("planted: a rebuild that is skipped") {
  const auto prepare = [](Scenario& scenario) {
    scenario.faults.store_deleted = 15;
    scenario.settings.scale.idle_time = Seconds(180);
    scenario.jobs_per_hour = 6;
  };
  const std::string violation = caught("while the store is rebuilt", prepare, [](Story& story) {
    story.head().bend_snapshot = [](core::Snapshot& snapshot) {
      // As if each machine had always been known.
      for (const auto& [name, listed] : snapshot.instances) {
        if (!listed) continue;
        for (const core::Instance& one : *listed) {
          core::Machine row{
              .id = one.id, .cloud = name, .intent = {std::string(core::tag_of(one, core::tag::k_intent))}};
          row.pool.value = core::tag_of(one, core::tag::k_pool);
          row.node.value = one.names.front();
          row.launched_at = one.launched_at;
          row.ready = snapshot.age;
          snapshot.memory.machines.emplace(one.id, row);
        }
      }
    };
  });
  CHECK(violation.find("end of") != std::string::npos);
}
TEST_SUITE_END();
