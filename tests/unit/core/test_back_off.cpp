#include <tide/core/back_off.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/back_off");

namespace {

const core::Families k_families{{"c7i.xlarge", "Standard"}, {"c6i.xlarge", "Standard"}, {"p4d.24xlarge", "P"}};

core::Bid bid(const std::string& type, const std::string& zone, core::Market market = core::Market::on_demand,
              const std::string& pool = "small") {
  return {.cloud = {"aws"}, .pool = {pool}, .market = market, .choice = {type, zone}};
}

Error refusal(ErrorKind kind, Reach reach = Reach::usual) {
  Error error = make_error(kind, "cloud 'aws' failed at RunInstances: X");
  error.reach = reach;
  return error;
}

// What rests after this refusal of c7i.xlarge in zone a, of which market it was.
struct Rests {
  core::Memory memory;
  explicit Rests(const Error& error, core::Market market = core::Market::on_demand) {
    const auto row = core::back_off_after(memory, k_families, bid("c7i.xlarge", "a", market), error, k_now);
    memory.back_offs[row.key] = row;
  }
  const core::BackOff& row() const { return memory.back_offs.begin()->second; }
  bool keeps_off(const core::Bid& other) const {
    return core::back_off_of_pool(memory, other.cloud, other.pool, k_now) != nullptr ||
           core::back_off_of(memory, k_families, other, k_now) != nullptr;
  }
};

}  // namespace

TEST_CASE("capacity: of a type, zone and market, whichever pool met it") {
  const Rests rests(refusal(ErrorKind::capacity));
  CHECK(rests.keeps_off(bid("c7i.xlarge", "a")));
  CHECK(rests.keeps_off(bid("c7i.xlarge", "a", core::Market::on_demand, "other")));
  CHECK_FALSE(rests.keeps_off(bid("c7i.xlarge", "b")));
  CHECK_FALSE(rests.keeps_off(bid("c6i.xlarge", "a")));
  CHECK_FALSE(rests.keeps_off(bid("c7i.xlarge", "a", core::Market::spot)));
}

TEST_CASE("capacity: three minutes, then twice that, ten at most; of a type that is not offered a day") {
  Rests rests(refusal(ErrorKind::capacity));
  CHECK(rests.row().until == k_now + 180s);
  const auto again = [&] {
    auto row =
        core::back_off_after(rests.memory, k_families, bid("c7i.xlarge", "a"), refusal(ErrorKind::capacity), k_now);
    rests.memory.back_offs[row.key] = row;
    return (row.until - k_now).count();
  };
  CHECK(again() == 360);
  CHECK(again() == 600);
  CHECK(again() == 600);
  CHECK(Rests(refusal(ErrorKind::capacity, Reach::offer)).row().until == k_now + 24h);
  CHECK_FALSE(Rests(refusal(ErrorKind::capacity, Reach::offer)).keeps_off(bid("c7i.xlarge", "b")));
}

TEST_CASE("capacity: no addresses left in a subnet keep every type off it, in both markets") {
  const Rests rests(refusal(ErrorKind::capacity, Reach::place));
  CHECK(rests.keeps_off(bid("c6i.xlarge", "a", core::Market::spot)));
  CHECK_FALSE(rests.keeps_off(bid("c7i.xlarge", "b")));
}

TEST_CASE("quota: the types that it counts, in its market, for an hour") {
  const Rests rests(refusal(ErrorKind::quota, Reach::family));
  CHECK(rests.keeps_off(bid("c6i.xlarge", "b", core::Market::on_demand, "other")));
  CHECK_FALSE(rests.keeps_off(bid("p4d.24xlarge", "a")));
  CHECK_FALSE(rests.keeps_off(bid("c6i.xlarge", "a", core::Market::spot)));
  CHECK(rests.row().until == k_now + 1h);
  CHECK(rests.row().what == "Standard types");
  const Rests of_pool(refusal(ErrorKind::quota));
  CHECK(of_pool.keeps_off(bid("p4d.24xlarge", "b")));
  CHECK_FALSE(of_pool.keeps_off(bid("c7i.xlarge", "a", core::Market::on_demand, "other")));
}

TEST_CASE("market and account: what only spot may not, and what nobody may") {
  const Rests spot(refusal(ErrorKind::auth, Reach::market), core::Market::spot);
  CHECK(spot.keeps_off(bid("p4d.24xlarge", "b", core::Market::spot)));
  CHECK_FALSE(spot.keeps_off(bid("c7i.xlarge", "a")));
  CHECK(Rests(refusal(ErrorKind::quota, Reach::account)).keeps_off(bid("p4d.24xlarge", "b", core::Market::spot)));
}

TEST_CASE("throttled: is the whole cloud's, for a minute, and never capacity") {
  const Rests rests(refusal(ErrorKind::throttled));
  CHECK(rests.row().key == "aws");
  CHECK(rests.row().until == k_now + 60s);
  CHECK(core::back_off_of(rests.memory, k_families, bid("c7i.xlarge", "a"), k_now) == nullptr);
}

TEST_CASE("forget: success of a choice ends all that could have kept it off, and nothing else") {
  Rests rests(refusal(ErrorKind::capacity));
  const auto other =
      core::back_off_after(rests.memory, k_families, bid("c6i.xlarge", "a"), refusal(ErrorKind::capacity), k_now);
  rests.memory.back_offs[other.key] = other;
  core::forget_back_offs(rests.memory, k_families, bid("c7i.xlarge", "a"));
  CHECK_FALSE(rests.keeps_off(bid("c7i.xlarge", "a")));
  CHECK(rests.keeps_off(bid("c6i.xlarge", "a")));
}

TEST_CASE("describe: what, and when it ends; the date only of another day") {
  core::Snapshot snapshot;
  snapshot.taken_at = k_wall;  // 2027-01-15T08:00:00Z
  snapshot.age = k_now;
  CHECK(core::describe(Rests(refusal(ErrorKind::capacity)).row(), snapshot) ==
        "c7i.xlarge in a: no capacity until 08:03:00Z");
  CHECK(core::describe(Rests(refusal(ErrorKind::capacity), core::Market::spot).row(), snapshot) ==
        "c7i.xlarge (spot) in a: no capacity until 08:03:00Z");
  CHECK(core::describe(Rests(refusal(ErrorKind::capacity, Reach::offer)).row(), snapshot) ==
        "c7i.xlarge in a: not offered, not asked for until 2027-01-16T08:00:00Z");
  CHECK(core::describe(Rests(refusal(ErrorKind::capacity, Reach::place)).row(), snapshot) ==
        "a: no room until 08:03:00Z");
  Error quota = refusal(ErrorKind::quota, Reach::family);
  quota.hint = "Ask for more.";
  CHECK(core::describe(Rests(quota).row(), snapshot) ==
        "Standard types: over the quota, not asked for until 09:00:00Z: cloud 'aws' failed at RunInstances: X; "
        "Ask for more.");
}
