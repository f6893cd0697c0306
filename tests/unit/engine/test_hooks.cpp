#include "ports.hpp"

#include <tide/engine/wish_loop.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("engine/hooks");

namespace {

class FakeHooks final : public hooks::Hooks {
 public:
  bool wants(hooks::Kind kind) const override { return unwanted != kind; }
  Result<void> call(const hooks::Call& call) override {
    calls.push_back(
        fmt::format("{} {} {} {}", hooks::to_string(call.kind), call.node.value, call.instance.value, call.pool.value));
    whys.push_back(call.why);
    if (disk != nullptr) on_disk(call);
    if (refuses == call.kind) return make_error(ErrorKind::refused, "hook exits 1: licences are out");
    return {};
  }

  // What a hook is told of is on disk by then, for it may take long, and the process may die meanwhile.
  void on_disk(const hooks::Call& call) const {
    const auto row = disk->nodes.find(call.node);
    const auto machine = disk->machines.find(call.instance);
    if (call.kind == hooks::Kind::node_added) CHECK((row != disk->nodes.end() && row->second.made));
    if (call.kind == hooks::Kind::instance_started) CHECK(machine != disk->machines.end());
    if (call.kind == hooks::Kind::instance_ended)
      CHECK((machine != disk->machines.end() && machine->second.told_to_end.has_value()));
  }

  const core::Memory* disk = nullptr;
  Lines calls;
  Lines whys;
  std::optional<hooks::Kind> unwanted;
  std::optional<hooks::Kind> refuses;
};

struct HookedStage : Stage {
  explicit HookedStage(Snapshot world) : Stage(std::move(world)) {
    ports().hooks = &hooks;
    hooks.disk = &disk();
  }
  FakeHooks hooks;
};

}  // namespace

TEST_CASE("hooks: told of nodes and machines as they come") {
  HookedStage stage(snapshot().waiting(slots(4), 1));
  stage.done();
  CAPTURE(fmt::format("{}", fmt::join(stage.hooks.calls, "; ")));
  CHECK(stage.hooks.calls == Lines{"node_added demo-small-01  small", "instance_started demo-small-01 i-new1 small"});
  CHECK(stage.hooks.whys.front().find("job") != std::string::npos);
}

TEST_CASE("hooks: what one fails with is a note of what was done, and changes nothing of it") {
  HookedStage stage(snapshot().waiting(slots(4), 1));
  stage.hooks.refuses = hooks::Kind::instance_started;
  const auto report = stage.done();
  REQUIRE(report.outcomes.size() == 1);
  CHECK_FALSE(report.outcomes[0].error.has_value());
  CHECK(report.outcomes[0].note == "hook exits 1: licences are out");
  CHECK(stage.disk().machines.contains({"i-new1"}));
}

TEST_CASE("hooks: before_end comes before anything is written, instance_ended after the cloud's word") {
  HookedStage stage(snapshot().worker("i-1", "n1").draining());
  stage.done();
  CHECK(stage.hooks.calls == Lines{"before_end n1 i-1 small", "instance_ended n1 i-1 small"});
}

TEST_CASE("hooks: before_end keeps a machine, and only that one") {
  HookedStage stage(snapshot().worker("i-1", "n1").draining());
  stage.hooks.refuses = hooks::Kind::before_end;
  const auto report = stage.done();
  CHECK(stage.calls().empty());
  CHECK_FALSE(stage.disk().machines.at({"i-1"}).ending.has_value());
  REQUIRE(report.outcomes.size() == 1);
  REQUIRE(report.outcomes[0].error.has_value());
  CHECK(report.outcomes[0].error->message == "hook exits 1: licences are out");
  CHECK(engine::exit_code(report) == core::ExitCode::refused);
  stage.hooks.refuses.reset();
  stage.done();
  CHECK(stage.calls() == Lines{"terminate i-1"});
}

TEST_CASE("hooks: a cloud that did not end it is no end") {
  HookedStage stage(snapshot().worker("i-1", "n1").draining());
  stage.cloud().end_error = make_error(ErrorKind::throttled, "slower");
  stage.done();
  CHECK(stage.hooks.calls == Lines{"before_end n1 i-1 small"});
}

TEST_CASE("hooks: a pass that failed is told with its first trouble; one that did not is not") {
  HookedStage stage(snapshot().unreadable("aws", ErrorKind::auth));
  const auto lock = [] { return Result<std::shared_ptr<void>>(std::make_shared<int>(1)); };
  REQUIRE(engine::scale(stage.ports(), stage.settings, lock, {}));
  REQUIRE(stage.hooks.calls == Lines{"pass_failed   "});
  CHECK(stage.hooks.whys.front().find("aws") != std::string::npos);
  HookedStage fine(snapshot());
  REQUIRE(engine::scale(fine.ports(), fine.settings, lock, {}));
  CHECK(fine.hooks.calls.empty());
}

TEST_CASE("approve: an error ends the pass before anything is written") {
  Stage stage(snapshot().waiting(slots(4), 1));
  const core::Memory before = stage.disk();
  const auto pass = stage.pass({.approve = [](const core::Snapshot&, const core::Plan& plan) -> Result<void> {
    CHECK(plan.actions.size() == 1);
    return make_error(ErrorKind::refused, "the world changed");
  }});
  REQUIRE_FALSE(pass);
  CHECK(pass.error().message == "the world changed");
  CHECK(stage.calls().empty());
  CHECK(stage.disk() == before);
}
