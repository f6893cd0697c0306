#include <tide/core/age_clock.hpp>

#include <doctest/doctest.h>

using namespace tide;
using core::PassClock;
TEST_SUITE_BEGIN("core/age_clock");

namespace {

const TimePoint k_noon{Seconds(1'800'000'000)};
const PassClock k_last{.wall = k_noon, .boot = {.boot_id = "a", .seconds = 5'000}, .age = {700}};

std::int64_t age_after(Seconds wall_step, const BootTime& boot) {
  return core::advance(k_last, k_noon + wall_step, boot, Seconds(900)).age.seconds;
}

}  // namespace

TEST_CASE("advance: a first run begins at zero, whatever the clocks say") {
  const PassClock first = core::advance({}, k_noon, {"a", 123'456}, Seconds(900));
  CHECK(first == PassClock{.wall = k_noon, .boot = {"a", 123'456}, .age = {0}});
}

TEST_CASE("advance: within one boot the boot clock counts, however the wall clock is stepped") {
  CHECK(age_after(Seconds(60), {"a", 5'060}) == 760);
  CHECK(age_after(Seconds(-86'400), {"a", 5'060}) == 760);
  CHECK(age_after(Seconds(31'536'000), {"a", 5'060}) == 760);
}

TEST_CASE("advance: over a reboot the wall clock counts") { CHECK(age_after(Seconds(120), {"b", 40}) == 820); }

TEST_CASE("advance: a gap counts for at most one boot deadline") {
  CHECK(age_after(Seconds(0), {"a", 5'000 + 86'400}) == 1'600);
  CHECK(age_after(Seconds(86'400), {"b", 10}) == 1'600);
}

TEST_CASE("advance: it never shrinks") {
  CHECK(age_after(Seconds(-3'600), {"b", 10}) == 700);
  CHECK(age_after(Seconds(10), {"a", 4'000}) == 700);
  CHECK(core::advance(k_last, k_noon + Seconds(60), {"a", 5'060}, Seconds(-1)).age.seconds == 700);
}

TEST_CASE("advance: where no boot tells its name, the wall clock counts") {
  const PassClock nameless{.wall = k_noon, .boot = {}, .age = {700}};
  CHECK(core::advance(nameless, k_noon + Seconds(60), {}, Seconds(900)).age.seconds == 760);
}

TEST_CASE("advance: how long it was since the pass before is kept") {
  CHECK(core::advance(k_last, k_noon, {"a", 5'060}, Seconds(900)).gap == Seconds(60));
  CHECK(core::advance(k_last, k_noon, {"a", 6'800}, Seconds(900)).gap == Seconds(1800));  // all of it
}
