#include "cloud_stand.hpp"

#include <tide/cloud/registry.hpp>
#include <tide/cloud/retrying_cloud.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

// What every adapter of the cloud port owes. Each case runs in every stand; one that a cloud cannot be made to show is
// left out there, and counted.
using namespace tide;
using namespace tide::test;
using core::InstanceState;
TEST_SUITE_BEGIN("conformance/cloud");

namespace {

constexpr std::chrono::seconds k_patience{10};

template <typename Check>
void each_stand(Check check) {
  for (const CloudStandSpec& spec : cloud_stands()) {
    CAPTURE(spec.kind);
    CAPTURE(spec.where);
    const auto stand = spec.make();
    REQUIRE(stand != nullptr);
    check(*stand);
  }
}

// For what only some clouds can be made to do; at least one must.
template <typename Check>
void each_that_can(Order what, Check check) {
  int could = 0;
  each_stand([&](CloudStand& stand) {
    CHECK(stand.cloud().launch({}).empty());
    if (check(stand, what)) ++could;
  });
  CHECK(could > 0);
}

Result<cloud::LaunchReply> launch(CloudStand& stand, const core::LaunchRequest& request) {
  auto replies = stand.cloud().launch({&request, 1});
  REQUIRE(replies.size() == 1);
  return replies.front();
}

std::vector<core::Instance> listed(CloudStand& stand) {
  auto all = stand.cloud().list(stand.cluster());
  REQUIRE_MESSAGE(all, (all ? "" : all.error().message));
  return *all;
}

std::set<std::string> ids_of(const std::vector<core::Instance>& instances) {
  std::set<std::string> ids;
  for (const auto& instance : instances) ids.insert(instance.id.value);
  return ids;
}

bool until(CloudStand& stand, const auto& is_so) {
  const auto end = stand.clock().monotonic() + k_patience;
  while (!is_so()) {
    if (stand.clock().monotonic() > end) return false;
    stand.clock().sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

int still_there(CloudStand& stand) {
  int count = 0;
  for (const auto& instance : listed(stand)) {
    const bool over = instance.state == InstanceState::gone || instance.state == InstanceState::stopping;
    count += over ? 0 : 1;
  }
  return count;
}

void is_told(const Error& error) {
  CHECK_FALSE(error.message.empty());
  CHECK_MESSAGE(!error.hint.empty(), error.message);
}

}  // namespace

TEST_CASE("every kind that the build has is in the suite") {
  for (const cloud::Factory* factory : cloud::factories()) {
    const bool found = std::ranges::any_of(
        cloud_stands(), [&](const CloudStandSpec& spec) { return spec.kind == std::string(factory->kind); });
    CHECK_MESSAGE(found, "tests/conformance/cloud_stands.cpp has no line for ", std::string(factory->kind));
  }
}

TEST_CASE("what was launched is listed: all of it, tagged, named, sorted, and nobody else's") {
  each_stand([](CloudStand& stand) {
    CHECK(listed(stand).empty());
    const core::LaunchRequest request = stand.request("a", 3);
    const auto reply = launch(stand, request);
    REQUIRE_MESSAGE(reply, (reply ? "" : reply.error().message));
    CHECK(reply->instances.size() == 3);
    CHECK(stand.live() == 3);
    const auto all = listed(stand);
    CHECK(ids_of(all) == ids_of(reply->instances));
    CHECK(ids_of(all).size() == 3);
    CHECK(std::ranges::is_sorted(all, {}, &core::Instance::id));
    std::set<std::string> names;
    for (const auto& instance : all) {
      CHECK(instance.cloud == stand.cloud().name());
      for (const auto& [tag, value] : request.tags) {
        REQUIRE_MESSAGE(instance.tags.contains(tag), tag);
        CHECK(instance.tags.at(tag) == value);
      }
      REQUIRE_FALSE(instance.names.empty());  // its own first, then what the cloud calls it
      names.insert(instance.names.front());
    }
    CHECK(names == std::set<std::string>(request.names.begin(), request.names.end()));
    const auto others = stand.cloud().list(stand.cluster() + "x");
    REQUIRE(others);
    CHECK(others->empty());
  });
}

TEST_CASE("the same token twice starts nothing more") {
  each_stand([](CloudStand& stand) {
    if (!stand.cloud().limits().has_launch_tokens) return;
    const auto request = stand.request("a", 2);
    const auto first = launch(stand, request);
    const auto second = launch(stand, request);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(ids_of(first->instances) == ids_of(second->instances));
    CHECK(stand.live() == 2);
    const auto other = launch(stand, stand.request("b", 1));
    REQUIRE(other);
    CHECK(stand.live() == 3);
  });
}

TEST_CASE("one reply a launch, in order") {
  each_stand([](CloudStand& stand) {
    const std::vector<core::LaunchRequest> requests{stand.request("a", 1), stand.request("b", 2),
                                                    stand.request("c", 1)};
    const auto replies = stand.cloud().launch(requests);
    REQUIRE(replies.size() == 3);
    for (std::size_t i = 0; i < replies.size(); ++i) {
      REQUIRE(replies[i]);
      CHECK(std::ssize(replies[i]->instances) == requests[i].count);
      for (const auto& instance : replies[i]->instances)
        CHECK(instance.tags.at(core::tag::k_intent) == requests[i].intent.value);
    }
  });
}

TEST_CASE("ended twice, unknown and repeated IDs: done, one result each, and no other is touched") {
  each_stand([](CloudStand& stand) {
    const auto reply = launch(stand, stand.request("a", 2));
    REQUIRE(reply);
    const core::InstanceId first = reply->instances.front().id;
    const std::vector<core::InstanceId> ids{first, stand.unknown_id(), first};
    for (int round = 0; round < 3; ++round) {
      const auto results = stand.cloud().terminate(ids);
      REQUIRE(results.size() == 3);
      for (const auto& result : results) CHECK_MESSAGE(result, (result ? "" : result.error().message));
      CHECK(until(stand, [&] { return still_there(stand) == 1; }));
    }
    CHECK(stand.live() == 1);
    CHECK(stand.cloud().terminate({}).empty());
  });
}

TEST_CASE("a machine whose tags go is no longer listed, is found by its ID and address, and can have them again") {
  each_stand([](CloudStand& stand) {
    const auto reply = launch(stand, stand.request("a", 2));
    REQUIRE(reply);
    REQUIRE(until(stand, [&] {
      const auto all = listed(stand);
      return all.size() == 2 && !all[0].address.empty();
    }));
    const core::Instance before = listed(stand).front();
    core::Retag bare;
    for (const auto& [key, value] : before.tags) {
      if (key.starts_with(core::tag::k_prefix)) bare.remove.push_back(key);
    }
    for (int i = 0; i < 2; ++i) {  // done twice is done once
      const auto done = stand.cloud().retag(before.id, bare);
      REQUIRE_MESSAGE(done, (done ? "" : done.error().message));
    }
    CHECK(listed(stand).size() == 1);
    for (const std::string& word : {before.id.value, before.address}) {
      CAPTURE(word);
      const auto found = stand.cloud().find(std::vector{word, std::string("no such*thing")});
      REQUIRE_MESSAGE(found, (found ? "" : found.error().message));
      REQUIRE(found->size() == 1);
      CHECK(found->front().id == before.id);
      CHECK(core::is_live(found->front().state));
      CHECK(tag_of(found->front(), core::tag::k_cluster).empty());
    }
    const auto none = stand.cloud().find(std::vector{stand.unknown_id().value});
    REQUIRE_MESSAGE(none, (none ? "" : none.error().message));
    CHECK(none->empty());
    REQUIRE(stand.cloud().retag(before.id, {.set = before.tags, .remove = {}}));
    CHECK(listed(stand).size() == 2);
    const auto unknown = stand.cloud().retag(stand.unknown_id(), {.set = {{"tide:pool", "x"}}, .remove = {}});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().kind == ErrorKind::not_found);
  });
}

TEST_CASE("paging at one: the whole list") {
  each_that_can(Order::page_of_one, [](CloudStand& stand, Order what) {
    REQUIRE(launch(stand, stand.request("a", 4)));
    if (!stand.order(what)) return false;
    CHECK(listed(stand).size() == 4);
    return true;
  });
}

TEST_CASE("throttled: its own kind, nothing done, and fine when asked again") {
  each_that_can(Order::throttle_once, [](CloudStand& stand, Order what) {
    if (!stand.order(what)) return false;
    const auto refused = stand.cloud().list(stand.cluster());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::throttled);
    is_told(refused.error());
    stand.order(what);
    const auto nothing = launch(stand, stand.request("a", 1));
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error().kind == ErrorKind::throttled);
    CHECK(stand.live() == 0);
    stand.order(what);
    SystemRandom random;
    cloud::RetryingCloud retrying(stand.cloud(), stand.clock(), random, nullptr,
                                  {.base = std::chrono::milliseconds(1), .cap = std::chrono::milliseconds(2)});
    const auto list = retrying.list(stand.cluster());
    REQUIRE(list);
    CHECK(list->empty());
    return true;
  });
}

TEST_CASE("a launch whose reply is lost after the effect: unclear, listed, and not doubled") {
  each_that_can(Order::lose_launch_reply, [](CloudStand& stand, Order what) {
    if (!stand.order(what)) return false;
    const auto request = stand.request("a", 2);
    const auto lost = launch(stand, request);
    if (lost) {
      // A transport asks again by itself where a kept connection proves dead; only a token makes that right.
      CHECK(stand.cloud().limits().has_launch_tokens);
    } else {
      CHECK(cloud::may_have_been_done(lost.error().kind));
      is_told(lost.error());
    }
    const auto all = listed(stand);
    CHECK(all.size() == 2);
    for (const auto& instance : all) CHECK(instance.tags.at(core::tag::k_intent) == request.intent.value);
    if (!stand.cloud().limits().has_launch_tokens) return true;
    const auto again = launch(stand, request);
    REQUIRE(again);
    CHECK(ids_of(again->instances) == ids_of(all));
    CHECK(stand.live() == 2);
    return true;
  });
}

TEST_CASE("no capacity: its own kind, nothing runs, and what runs goes on running") {
  each_that_can(Order::no_capacity, [](CloudStand& stand, Order what) {
    REQUIRE(launch(stand, stand.request("a", 1)));
    if (!stand.order(what)) return false;
    const auto none = launch(stand, stand.request("b", 2));
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::capacity);
    is_told(none.error());
    CHECK(stand.live() == 1);
    CHECK(listed(stand).size() == 1);
    stand.order(Order::capacity_again);
    REQUIRE(launch(stand, stand.request("c", 1)));
    CHECK(stand.live() == 2);
    return true;
  });
}

TEST_CASE("denied: its own kind, nothing done, and never an empty list") {
  each_that_can(Order::deny_once, [](CloudStand& stand, Order what) {
    const auto reply = launch(stand, stand.request("a", 1));
    REQUIRE(reply);
    if (!stand.order(what)) return false;
    const auto list = stand.cloud().list(stand.cluster());
    REQUIRE_FALSE(list);
    CHECK(list.error().kind == ErrorKind::auth);
    is_told(list.error());
    stand.order(what);
    const auto launched = launch(stand, stand.request("b", 1));
    REQUIRE_FALSE(launched);
    CHECK(launched.error().kind == ErrorKind::auth);
    stand.order(what);
    const auto ended = stand.cloud().terminate({&reply->instances.front().id, 1});
    REQUIRE_FALSE(ended.front());
    CHECK(ended.front().error().kind == ErrorKind::auth);
    CHECK(stand.live() == 1);
    return true;
  });
}

TEST_CASE("an answer cut short: never a shorter list, a launch is unclear, an end is told") {
  each_that_can(Order::cut_list, [](CloudStand& stand, Order what) {
    const auto first = launch(stand, stand.request("a", 2));
    REQUIRE(first);
    if (!stand.order(what)) return false;
    const auto list = stand.cloud().list(stand.cluster());
    REQUIRE_FALSE(list);
    CHECK(cloud::may_have_been_done(list.error().kind));
    is_told(list.error());
    REQUIRE(stand.order(Order::cut_launch));
    const auto request = stand.request("b", 1);
    const auto launched = launch(stand, request);
    REQUIRE_FALSE(launched);
    CHECK(cloud::may_have_been_done(launched.error().kind));
    CHECK(listed(stand).size() == 3);
    if (stand.cloud().limits().has_launch_tokens) {
      REQUIRE(launch(stand, request));
      CHECK(stand.live() == 3);
    }
    if (!stand.order(Order::cut_end)) return true;  // an end whose answer has no body
    const auto ended = stand.cloud().terminate({&first->instances.front().id, 1});
    REQUIRE_FALSE(ended.front());
    CHECK(cloud::may_have_been_done(ended.front().error().kind));
    CHECK(until(stand, [&] { return still_there(stand) == 2; }));
    return true;
  });
}

TEST_CASE("a web page in place of an answer: told, never an empty list and never done") {
  each_that_can(Order::page_for_list, [](CloudStand& stand, Order what) {
    const auto reply = launch(stand, stand.request("a", 1));
    REQUIRE(reply);
    if (!stand.order(what)) return false;
    const auto list = stand.cloud().list(stand.cluster());
    REQUIRE_FALSE(list);
    CHECK(list.error().kind == ErrorKind::protocol);
    is_told(list.error());
    REQUIRE(stand.order(Order::page_for_launch));
    const auto launched = launch(stand, stand.request("b", 1));
    REQUIRE_FALSE(launched);
    CHECK(cloud::may_have_been_done(launched.error().kind));
    REQUIRE(stand.order(Order::page_for_end));
    const auto ended = stand.cloud().terminate({&reply->instances.front().id, 1});
    REQUIRE_FALSE(ended.front());
    is_told(ended.front().error());
    CHECK(stand.live() == 1);
    return true;
  });
}

TEST_CASE("a clock two hours off changes nothing but the first call") {
  each_that_can(Order::clock_two_hours_off, [](CloudStand& stand, Order what) {
    if (!stand.order(what)) return false;
    CHECK(listed(stand).empty());
    REQUIRE(launch(stand, stand.request("a", 1)));
    CHECK(listed(stand).size() == 1);
    return true;
  });
}
