#include <tide/core/describe.hpp>

#include <doctest/doctest.h>

#include <set>

using namespace tide;
using namespace tide::core;
TEST_SUITE_BEGIN("core/describe");

TEST_CASE("describe: one line for people, a verb and a subject for machines") {
  Launch launch;
  launch.request.pool.value = "small";
  launch.request.count = 3;
  launch.request.names = {"n01", "n02", "n03"};
  CHECK(describe(launch) == "launch 3 machines of pool 'small' as n[01-03]");
  CHECK(verb_of(launch) == "launch");
  CHECK(subject_of(launch) == "small");
  launch.request.count = 1;
  launch.request.names.clear();
  CHECK(describe(launch) == "launch 1 machine of pool 'small'");
  CHECK(describe(Hold{{.node = {"n1"}, .kind = HoldKind::end}}) == "hold 'n1' to end it");
  CHECK(describe(Release{.node = {"n1"}, .ready = true}) == "release 'n1': it is ready");
  CHECK(describe(Terminate{.instance = {"i-1"}, .node = {"n1"}}) == "end instance 'i-1' of node 'n1'");
  CHECK(describe(Terminate{.instance = {"i-1"}}) == "end instance 'i-1'");
  CHECK(subject_of(Terminate{.instance = {"i-1"}}) == "i-1");
  CHECK(subject_of(Forget{.instance = {"i-1"}, .node = {"n1"}}) == "n1");
  CHECK(describe(SetAddress{{"n1"}, "10.0.0.1"}) == "tell the batch system that 'n1' has address 10.0.0.1");
}

TEST_CASE("describe: each action has a verb of its own") {
  const std::set<std::string> verbs{
      verb_of(Launch{}),     verb_of(Repeat{}),    verb_of(CloseIntent{}), verb_of(SetAddress{}), verb_of(Hold{}),
      verb_of(Release{}),    verb_of(Terminate{}), verb_of(Remove{}),      verb_of(Forget{}),     verb_of(CloseWish{}),
      verb_of(WriteHosts{}), verb_of(Add{}),       verb_of(GiveUp{}),      verb_of(Adopt{}),      verb_of(Disown{})};
  CHECK(verbs.size() == std::variant_size_v<Action>);
}
