#include "tests/support/builders.hpp"

#include <tide/core/fields_memory.hpp>
#include <tide/core/snapshot_json.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/snapshot_json");

namespace {

// How many members an aggregate has: as many as it takes initialisers.
struct Anything {
  template <typename T>
  operator T() const;  // NOLINT(google-explicit-constructor)
};
template <typename T, typename... Args>
constexpr std::size_t members() {
  if constexpr (requires { T{Args{}..., Anything{}}; }) {
    return members<T, Args..., Anything>();
  } else {
    return sizeof...(Args);
  }
}
template <typename T>
std::size_t visited() {
  T value{};
  std::size_t count = 0;
  core::fields(value, [&](const char*, auto&) { ++count; });
  return count;
}
template <typename T>
void check_one() {
  CAPTURE(__PRETTY_FUNCTION__);
  CHECK(visited<T>() == members<T>());
}
template <typename... T>
void check_all() {
  (check_one<T>(), ...);
}

core::SavedSnapshot full() {
  auto world = snapshot()
                   .worker("i-1", "n1")
                   .idle(60s)
                   .worker("i-2", "n2")
                   .busy("7")
                   .draining()
                   .machine("i-3", "n3")
                   .open_intent("k1", 2);
  world.stranger("metal")
      .wish(core::WishKind::kill_node, {"n1"}, true)
      .waiting(slots(8, 2), 3)
      .cloud("b")
      .unreadable("b", ErrorKind::auth);
  world.now.jobs->waiting[0].shape.chunks[0].features = {{"a", "b"}, {"c"}};
  world.now.jobs->waiting[0].ids = {{"12_[3-9]"}};
  world.memory().back_offs["aws/small"] = {
      .key = "aws/small", .kind = ErrorKind::quota, .attempts = 2, .until = k_now, .why = "\"quota\"\n"};
  world.memory().breakers[{"small"}] = {.pool = {"small"}, .failures = 3, .open = true, .last = "x"};
  world.memory().sleep =
      core::Sleep{.by = "alice", .reason = "new image", .since = k_wall, .until = k_wall + Seconds(60)};
  world.memory().resizes[{"small"}] = {
      .pool = {"small"}, .min = 2, .max = {}, .configured_min = 0, .configured_max = 0, .by = "alice", .since = k_wall};
  world.memory().suspicion = core::Suspicion{.since = k_now, .why = "y", .missing = {{"n9"}}, .accepted = true};
  world.memory().boots[{"small"}] = {.count = 2, .last = 60s, .typical = 70s, .longest = 80s};
  world.memory().spend["2026-11-25/small"] = {.machine_seconds = 60, .unpriced_seconds = 5, .micros_seconds = 1'000};
  world.memory().spend_clock = core::SpendClock{.wall = k_wall, .boot = {.boot_id = "b", .seconds = 3}};
  world.memory().rebuild = k_now;
  core::HealthRow row{.says = {.id = {"i-1"}}, .impaired_since = k_now};
  row.says.event_at = k_wall;
  world.memory().health[{"aws"}].checks = {.tried = k_now, .read = std::nullopt, .rows = {{{"i-1"}, row}}};
  world.memory().prices[{"aws"}] = {.tried = k_now, .read = k_now, .rows = {{"t1", "z1", 42}}};
  world.now.checks.emplace(core::CloudName{"aws"}, std::vector<core::Health>{row.says});
  world.now.notices.insert_or_assign({"aws"}, make_error(ErrorKind::auth, "denied"));
  world.now.prices.emplace(core::CloudName{"aws"}, std::vector<core::SpotPrice>{{"t1", "z1", 42}});
  const core::Reservations reserved{
      .reserved = {{"t1", "", 2}}, .others = {{"t1", "z1", 1}}, .zones = {{"subnet-1", "z1"}}};
  world.memory().reservations[{"aws"}] = {.tried = k_now, .read = k_now, .says = reserved};
  world.now.reservations.emplace(core::CloudName{"aws"}, reserved);
  world.memory().taken_over = {{"head-0"}};
  world.set([](core::Settings& s) {
    s.money.per_hour_micros = 5'000'000, s.pools.at({"small"}).gpus = {{"", 1}, {"t4", 2}};
  });
  return {world.settings, world.build()};
}

template <typename Row>
void round_trip(const Row& row) {
  const std::string text = core::to_json(row);
  const auto back = core::row_from_json<Row>(text);
  REQUIRE(back);
  CHECK(*back == row);
  CHECK(core::to_json(*back) == text);
}

}  // namespace

TEST_CASE("snapshot_json: there and back, byte for byte") {
  const core::SavedSnapshot saved = full();
  const std::string text = core::to_json(saved);
  const auto back = core::snapshot_from_json(text);
  REQUIRE(back);
  CHECK(*back == saved);
  CHECK(core::to_json(*back) == text);
  CHECK(core::plan(back->snapshot, back->settings) == core::plan(saved.snapshot, saved.settings));
}

TEST_CASE("snapshot_json: what could not be read stays an error") {
  auto saved = full();
  saved.snapshot.nodes =
      make_error(ErrorKind::unproven, "no version line").with_context("while reading the nodes").with_hint("Look.");
  const auto back = core::snapshot_from_json(core::to_json(saved));
  REQUIRE(back);
  CHECK(back->snapshot.nodes == saved.snapshot.nodes);
}

TEST_CASE("snapshot_json: every member of every struct is named in fields.hpp or fields_memory.hpp") {
  check_all<core::Chunk, core::Shape, core::WaitingJobs, core::JobQueue, core::Node, core::ServerIdentity,
            core::Instance>();
  check_all<core::LaunchRequest, core::Intent, core::Machine, core::HoldRow, core::NodeRow, core::Wish, core::BackOff,
            core::Breaker>();
  check_all<BootTime, core::PassClock, core::LastGood, core::Suspicion, core::Sleep, core::Resize, core::Memory,
            core::EndLimit, core::ScaleSettings, core::Money, core::SpotSettings, core::Choice>();
  check_all<core::BootTimes, core::Spend, core::SpendClock>();
  check_all<core::Health, core::HealthRow, core::HealthReading, core::CloudHealth, core::SpotPrice,
            core::PriceReading>();
  check_all<core::TypeCount, core::Reservations, core::ReservationReading>();
  check_all<core::Pool, core::Settings, core::BatchTraits, core::CloudTraits>();
}

TEST_CASE("snapshot_json: rows of the store") {
  const core::Memory memory = full().snapshot.memory;
  for (const auto& [id, row] : memory.intents) round_trip(row);
  for (const auto& [id, row] : memory.machines) round_trip(row);
  for (const auto& [id, row] : memory.holds) round_trip(row);
  for (const auto& [id, row] : memory.nodes) round_trip(row);
  for (const auto& [id, row] : memory.wishes) round_trip(row);
  for (const auto& [id, row] : memory.back_offs) round_trip(row);
  for (const auto& [id, row] : memory.breakers) round_trip(row);
  for (const auto& [id, row] : memory.health) round_trip(row);
  for (const auto& [id, row] : memory.prices) round_trip(row);
  for (const auto& [id, row] : memory.reservations) round_trip(row);
  for (const auto& [name, row] : memory.resizes) round_trip(row);
  for (const auto& [pool, row] : memory.boots) round_trip(row);
  for (const auto& [day, row] : memory.spend) round_trip(row);
  round_trip(*memory.spend_clock);
  round_trip(memory.clock);
  round_trip(memory.last_good);
  round_trip(*memory.suspicion);
  round_trip(*memory.sleep);
}

TEST_CASE("snapshot_json: a key that an older version did not write keeps its default") {
  const auto row = core::row_from_json<core::Breaker>(R"({"pool":"small"})");
  REQUIRE(row);
  CHECK(row->failures == 0);
}

TEST_CASE("snapshot_json: hostile input is an error that names the place, never a crash") {
  for (const char* text : {"", "{", "[]", "null", "7", "\"x\"", "{\"schema\":7}", "{\"schema\":\"tide.snapshot/2\"}",
                           "{\"schema\":\"tide.snapshot/1\"}",
                           "{\"schema\":\"tide.snapshot/1\",\"settings\":[],\"snapshot\":{}}", "<html></html>"}) {
    CAPTURE(text);
    const auto back = core::snapshot_from_json(text);
    REQUIRE_FALSE(back);
    CHECK(back.error().kind == ErrorKind::usage);
  }
  const auto bad = core::row_from_json<core::Machine>(R"({"missing_passes": 99999999999})");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find(".missing_passes' is out of range") != std::string::npos);
  CHECK_FALSE(core::row_from_json<core::Machine>(R"({"price_micros": 18446744073709551615})"));
  CHECK_FALSE(core::row_from_json<core::Machine>(R"({"price_micros": 1.5})"));
  CHECK_FALSE(core::row_from_json<core::Machine>(R"({"launched_at": "yesterday"})"));
  CHECK_FALSE(core::row_from_json<core::HoldRow>(R"({"kind": "eternal"})"));
  CHECK_FALSE(core::row_from_json<core::Wish>(R"({"targets": [1]})"));
}

TEST_CASE("snapshot_json: a text cut anywhere is an error") {
  const std::string text = core::to_json(full());
  for (std::size_t length = 0; length < text.size() - 2; length += 97)
    CHECK_FALSE(core::snapshot_from_json(std::string_view(text).substr(0, length)));
}

TEST_CASE("snapshot_json: bytes that are no UTF-8 do not break it") {
  core::HoldRow row;
  row.note = "\xff\xfe caf\xe9";
  CHECK(core::row_from_json<core::HoldRow>(core::to_json(row)));
}
