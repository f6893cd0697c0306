#include "support_htcondor.hpp"

#include <doctest/doctest.h>

using namespace tide;
using test::collector_line;
using test::master_line;
using test::only_node;
using test::slot_line;

TEST_SUITE_BEGIN("batch/htcondor/nodes");

TEST_CASE("nodes: the collector's own ad ends a whole output") {
  for (const std::string& text : {std::string(), std::string("\n"), slot_line("a.x"), slot_line("a.x").substr(0, 40)}) {
    const auto ads = batch::htcondor::parse_ads(text, {});
    REQUIRE_FALSE(ads);
    CHECK((ads.error().kind == ErrorKind::unproven || ads.error().kind == ErrorKind::protocol));
  }
  CHECK(test::nodes_in(collector_line()).empty());
  const auto after = batch::htcondor::parse_ads(collector_line() + slot_line("a.x"), {});
  REQUIRE_FALSE(after);
  CHECK(after.error().kind == ErrorKind::protocol);
  const auto ads = batch::htcondor::parse_ads(collector_line(), {});
  REQUIRE(ads);
  CHECK(ads->now == test::k_condor_now);
  CHECK(ads->collector.up_since == test::k_condor_now - 5'000);
}

TEST_CASE("nodes: slots of one machine are one node") {
  const auto node = only_node(slot_line("a.x", {{"Cpus", "1"},
                                                {"Memory", "3000"},
                                                {"TotalSlotGPUs", "2"},
                                                {"GPUs", "1"},
                                                {"TideFeatures", "\"cloud, big\""},
                                                {"TidePool", "\"small\""},
                                                {"TideInstance", "\"i-1\""},
                                                {"TideNode", "\"p-small-0001\""}}) +
                              slot_line("a.x", {{"Name", "\"slot1_1@a.x\""},
                                                {"PartitionableSlot", "undefined"},
                                                {"DynamicSlot", "true"},
                                                {"State", "\"Claimed\""},
                                                {"Activity", "\"Busy\""},
                                                {"JobId", "\"1.0\""},
                                                {"Cpus", "3"},
                                                {"Memory", "1000"},
                                                {"GPUs", "1"},
                                                {"TotalSlotCpus", "3"},
                                                {"TotalSlotMemory", "1000"}}));
  CHECK(node.name.value == "a.x");
  CHECK(node.hostname == "p-small-0001");
  CHECK(node.slots == 4);
  CHECK(node.slots_used == 3);
  CHECK(node.memory_mib == 4000);
  CHECK(node.memory_mib_used == 1000);
  CHECK(node.gpus == core::Gpus{{"", 2}});
  CHECK(node.gpus_used == core::Gpus{{"", 1}});
  CHECK(node.features == std::vector<std::string>{"big", "cloud", "small"});
  CHECK(node.instance.value == "i-1");
  CHECK(node.address == "10.0.0.5");
  CHECK(node.registered_at == TimePoint{Seconds{test::k_condor_now - 1'000}});
  CHECK_FALSE(node.held);
}

TEST_CASE("nodes: static slots, claims without a job, typed GPUs") {
  const test::AdColumns fixed{{"PartitionableSlot", "undefined"},
                              {"Cpus", "1"},
                              {"TotalSlotCpus", "1"},
                              {"Memory", "1000"},
                              {"TotalSlotMemory", "1000"}};
  auto claimed = fixed;
  claimed.insert({{"State", "\"Claimed\""}, {"Activity", "\"Idle\""}});
  auto gpus = fixed;
  gpus.insert({{"TideGpus", "\"a100:2\""}});
  const auto node = only_node(slot_line("a.x", gpus) + slot_line("a.x", claimed) + slot_line("a.x", fixed));
  CHECK(node.slots == 3);
  CHECK(node.slots_used == 1);
  CHECK(node.memory_mib_used == 1000);
  CHECK(node.gpus == core::Gpus{{"a100", 2}});
  CHECK(node.fixed == std::vector<core::FixedSlot>{{.slots = 1, .memory_mib = 1000, .gpus = 0, .count = 3, .free = 2}});
  // A dynamic slot makes a machine busy whatever its partitionable slot says.
  const auto odd = only_node(
      slot_line("b.x") +
      slot_line("b.x", {{"PartitionableSlot", "undefined"}, {"DynamicSlot", "true"}, {"Cpus", "0"}, {"Memory", "0"}}));
  CHECK(odd.slots_used == 1);
  CHECK(odd.fixed.empty());
}

TEST_CASE("nodes: a machine whose slots have told no size yet still starts; its jobs make it busy") {
  const auto early = only_node(slot_line("a.x", {{"Cpus", "0"}, {"TotalSlotCpus", "0"}}));
  CHECK(early.slots == 0);
  CHECK(early.starting);
  const auto dynamic =
      only_node(slot_line("a.x", {{"PartitionableSlot", "undefined"}, {"DynamicSlot", "true"}, {"Cpus", "2"}}));
  CHECK_FALSE(dynamic.starting);  // else one that serves for long would be taken for one that never got ready
  CHECK(dynamic.slots_used == 2);
  CHECK_FALSE(only_node(slot_line("a.x")).starting);
}

TEST_CASE("nodes: what a startd does for itself is no job") {
  const test::AdColumns fixed{{"PartitionableSlot", "undefined"},
                              {"Activity", "\"Benchmarking\""}};  // right after its boot
  CHECK(only_node(slot_line("a.x", fixed)).slots_used == 0);
  CHECK(only_node(slot_line("a.x", {{"Activity", "\"Benchmarking\""}})).slots_used == 0);
}

TEST_CASE("nodes: an ad that says Unclaimed of a machine that died long ago") {
  const auto node = only_node(slot_line("a.x", {{"LastHeardFrom", std::to_string(test::k_condor_now - 700)}}));
  CHECK_FALSE(node.responding);
  CHECK(node.state.find("not heard from for 700 s") != std::string::npos);
  CHECK(only_node(slot_line("a.x", {{"LastHeardFrom", std::to_string(test::k_condor_now - 600)}})).responding);
}

TEST_CASE("nodes: a drain has a note, a person's without one too") {
  const auto ours = only_node(slot_line("a.x", {{"Draining", "true"},
                                                {"DrainReason", "\"tide: end idle\""},
                                                {"State", "\"Drained\""},
                                                {"Start", "undefined"},
                                                {"unparse(Requirements) == \"false\"", "true"}}));
  CHECK(ours.held);
  CHECK_FALSE(ours.hold_is_final);
  CHECK(ours.note == "tide: end idle");
  CHECK(ours.slots_used == 0);
  const auto theirs = only_node(slot_line("a.x", {{"Draining", "true"}, {"State", "\"Drained\""}}));
  CHECK(theirs.held);
  CHECK_FALSE(theirs.note.empty());
  const auto closed = only_node(slot_line("a.x", {{"Start", "false"}}));
  CHECK(closed.held);
  CHECK(closed.note == "START is false");
}

TEST_CASE("nodes: TideReady is a check still to pass") {
  const auto waiting = only_node(slot_line("a.x", {{"TideReady", "false"}, {"Start", "false"}}));
  CHECK(waiting.starting);
  CHECK_FALSE(waiting.held);
  CHECK_FALSE(only_node(slot_line("a.x", {{"TideReady", "true"}})).starting);
}

TEST_CASE("nodes: a peaceful off, from its beginning to the master's word that no startd runs") {
  const auto retiring =
      only_node(slot_line("a.x", {{"Start", "undefined"}, {"unparse(Requirements) == \"false\"", "true"}}) +
                master_line("a.x", test::k_condor_now - 900));
  CHECK(retiring.held);
  CHECK(retiring.hold_is_final);
  CHECK(retiring.note.empty());
  const auto leaving = only_node(master_line("a.x", test::k_condor_now - 900));
  CHECK(leaving.held);
  CHECK(leaving.hold_is_final);
  CHECK(leaving.completing);  // not known to be empty yet
  const auto off = only_node(master_line("a.x", 0));
  CHECK(off.held);
  CHECK(off.hold_is_final);
  CHECK_FALSE(off.completing);
  CHECK(off.slots_used == 0);
  CHECK(off.registered_at.has_value());
  CHECK(off.state == "Off");
  const auto starting = only_node(master_line("a.x", test::k_condor_now - 5));
  CHECK(starting.starting);
  CHECK_FALSE(starting.held);
}

TEST_CASE("nodes: masters without a startd, offline models and ads of others are no nodes") {
  CHECK(
      test::nodes_in(
          test::ad_line(
              {{"MyType", "\"DaemonMaster\""}, {"Name", "\"head\""}, {"Machine", "\"head\""}, {"LastHeardFrom", "5"}}) +
          slot_line("a.x", {{"Offline", "true"}}) + collector_line())
          .empty());
}

TEST_CASE("nodes: a feature that is an attribute's name is read from the ad") {
  const std::set<std::string> features{"HasCVMFS", "not an attribute"};
  const std::string format = batch::htcondor::ad_format(features);
  CHECK(format.find("   HasCVMFS WIDTH 0") != std::string::npos);
  CHECK(format.find("not an") == std::string::npos);
  const auto more = [](std::string line, const std::string& value) {
    line.insert(line.size() - 1, "\t" + value);
    return line;
  };
  const auto ads =
      batch::htcondor::parse_ads(more(slot_line("a.x"), "true") + more(collector_line(), "undefined"), features);
  REQUIRE(ads);
  CHECK(ads->others.front().features == std::vector<std::string>{"HasCVMFS"});
}

TEST_SUITE_END();
