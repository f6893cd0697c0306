#include "ports.hpp"

#include <tide/engine/wish_loop.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("engine/wish_loop");

namespace {

// Ends on a node that is held for it already, and whose job goes on and on.
struct Waiting {
  Waiting() : stage(snapshot().worker("i-1", "n1").busy("7").draining("wish", 98, "w1").learned()) {
    wish = {.id = {"w1"}, .kind = core::WishKind::kill_node, .targets = {"n1"}};
  }
  Result<engine::WishReport> wait(engine::WishOptions options) {
    options.until_gone = true;
    const engine::TryLock lock = []() -> Result<std::shared_ptr<void>> {
      return std::shared_ptr<void>(std::make_shared<int>(0));
    };
    return engine::carry_out(stage.ports(), stage.settings, wish, lock, options);
  }
  Stage stage;
  core::Wish wish;
};

}  // namespace

TEST_CASE("wish: while nothing happens it is looked at less often, and what earlier looks saw is not kept") {
  Waiting waiting;
  int passes = 0;
  int again = 0;
  const auto report = waiting.wait({.timeout = std::chrono::hours(24),
                                    .pass = [&](const engine::PassReport&) { ++passes; },
                                    .again =
                                        [&](const engine::PassReport& pass) {
                                          CHECK(pass.plan.workers.size() == 1);
                                          ++again;
                                        }});
  REQUIRE(report);
  CHECK(report->end == engine::WishEnd::timed_out);
  CHECK(passes > 8'640);  // once in ten seconds
  CHECK(passes < 8'640 + 100);
  CHECK(again == passes - 1);
  CHECK(report->passes.size() == 1);
  CHECK(report->passes.back().plan.workers.size() == 1);
}

TEST_CASE("wish: what fails in each pass is kept once") {
  Waiting waiting;
  waiting.stage.cloud().end_error = make_error(ErrorKind::throttled, "slow down");
  waiting.wish.kind = core::WishKind::terminate;
  waiting.wish.targets = {"i-1"};
  waiting.wish.force = true;
  const auto report = waiting.wait({.timeout = std::chrono::seconds(3600)});
  REQUIRE(report);
  CHECK(report->passes.size() == 1);
  CHECK(report->passes.back().outcomes.size() == 1);
  CHECK(report->passes.back().plan.workers.size() == 1);
}

TEST_CASE("wish: one that another process's pass closed says what came of it") {
  Stage stage(snapshot().set([](core::Settings& s) { s.scale.max_nodes = 1; }));
  const core::Wish wish{.id = {"w1"}, .kind = core::WishKind::launch, .pool = {"small"}, .count = 3};
  bool first = true;
  // The lock is held by a pass that carries the wish out meanwhile.
  const engine::TryLock lock = [&]() -> Result<std::shared_ptr<void>> {
    if (!first) return std::shared_ptr<void>(std::make_shared<int>(0));
    first = false;
    stage.done();
    return make_error(ErrorKind::lock_held, "another pass runs");
  };
  const auto report = engine::carry_out(stage.ports(), stage.settings, wish, lock, {});
  REQUIRE(report);
  CHECK(report->end == engine::WishEnd::closed);
  CHECK(report->passes.empty());
  REQUIRE(report->elsewhere);
  CHECK(report->elsewhere->text.find("2 of the launch of 3 in pool 'small'") != std::string::npos);
  CHECK(engine::exit_code(*report, wish.id) == core::ExitCode::partly);  // as by its own pass
  SUBCASE("nothing of it was done") {
    stage.settings.scale.max_nodes = 0;
    first = true;
    const auto none = engine::carry_out(stage.ports(), stage.settings, wish, lock, {});
    REQUIRE(none);
    CHECK(engine::exit_code(*none, wish.id) == core::ExitCode::refused);
  }
  SUBCASE("the cloud answered what nobody can read") {
    stage.settings.scale.max_nodes = 4;
    stage.cloud().refusal = make_error(ErrorKind::protocol, "<html>");
    first = true;
    const auto unread = engine::carry_out(stage.ports(), stage.settings, wish, lock, {});
    REQUIRE(unread);
    CHECK(engine::exit_code(*unread, wish.id) == core::ExitCode::cloud);
  }
}

TEST_CASE("scale: who looked at a plan looked at that pass, not at a wish that came while it ran") {
  Stage stage(snapshot().waiting(slots(1)));
  const engine::TryLock lock = []() -> Result<std::shared_ptr<void>> {
    return std::shared_ptr<void>(std::make_shared<int>(0));
  };
  int asked = 0;
  const auto reports = engine::scale(
      stage.ports(), stage.settings, lock, {.approve = [&](const core::Snapshot&, const core::Plan&) -> Result<void> {
        if (++asked > 1) return make_error(ErrorKind::refused, "the world changed");
        stage.disk().wishes[{"w1"}] = {.id = {"w1"}, .kind = core::WishKind::launch, .pool = {"small"}, .count = 1};
        return {};
      }});
  REQUIRE(reports);
  CHECK(reports->size() == 2);
  CHECK(asked == 1);
}

TEST_CASE("wish: one that a pass closed which was killed before it could tell is not taken for done") {
  Stage stage(snapshot());
  const core::Wish wish{.id = {"w1"}, .kind = core::WishKind::launch, .pool = {"small"}, .count = 1};
  const engine::TryLock lock = [&]() -> Result<std::shared_ptr<void>> {
    stage.disk().wishes.clear();
    return std::shared_ptr<void>(std::make_shared<int>(0));
  };
  const auto report = engine::carry_out(stage.ports(), stage.settings, wish, lock, {});
  REQUIRE(report);
  REQUIRE(report->elsewhere);
  CHECK(report->elsewhere->text.empty());
  CHECK(engine::exit_code(*report, wish.id) == core::ExitCode::partly);
}
