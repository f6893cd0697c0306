#include "support_slurm.hpp"

#include <tide/batch/slurm/show_node.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using batch::slurm::parse_node_line;
using batch::slurm::parse_show_nodes;
using test::slurm_fixture;

TEST_SUITE_BEGIN("batch/slurm/show_node");

namespace {

core::Node node_of(const std::string& file, const std::string& name) {
  const auto nodes = parse_show_nodes(slurm_fixture(file)).value();
  const auto found = std::ranges::find(nodes, core::NodeName{name}, &core::Node::name);
  REQUIRE(found != nodes.end());
  return *found;
}

std::string line_of(const std::string& state, const std::string& rest = "") {
  return "NodeName=n1 CPUAlloc=0 CPUEfctv=4 CPUTot=4 ActiveFeatures=cloud Gres=(null) GresUsed=gpu:0 NodeAddr=n1 "
         "NodeHostName=n1 "
         "RealMemory=4000 AllocMem=0 State=" +
         state + " Partitions=cloud SlurmdStartTime=1795629125 " + rest;
}

}  // namespace

TEST_CASE("nodes: none is a fact with Slurm's own words") {
  const auto nodes = parse_show_nodes(slurm_fixture("zero-nodes.txt"));
  REQUIRE(nodes);
  CHECK(nodes->empty());
}

TEST_CASE("nodes: states, holds and what is used") {
  const core::Node busy = node_of("mixed-nodes.txt", "w1");
  CHECK(busy.slots == 4);
  CHECK(busy.slots_used == 3);
  CHECK(busy.memory_mib == 4'000);
  CHECK(busy.memory_mib_used == 300);
  CHECK(busy.held);
  CHECK(busy.note == "tide: end kill-node by root");
  CHECK(busy.address == "127.98.0.11");
  CHECK(busy.hostname.empty());
  CHECK(busy.queues == std::vector<std::string>{"cloud", "closed", "one"});
  CHECK(busy.registered_at);
  const core::Node gpu = node_of("mixed-nodes.txt", "w2");
  CHECK(gpu.gpus == core::Gpus{{"a100", 2}});
  CHECK(gpu.gpus_used == core::Gpus{{"a100", 1}});
  CHECK(gpu.features == std::vector<std::string>{"cloud", "gpu"});
  CHECK_FALSE(gpu.held);
  CHECK(node_of("mixed-nodes.txt", "w5").responding);
  CHECK_FALSE(node_of("mixed-nodes.txt", "w5").held);
}

TEST_CASE("nodes: an entry that never registered") {
  const core::Node node = node_of("mixed-nodes.txt", "w7");
  CHECK_FALSE(node.registered_at);
  CHECK(node.held);
  CHECK(node.note == core::k_note_joining);
  CHECK(node.address.empty());  // its name, as Slurm puts it where it knows none
  CHECK(node_of("mixed-nodes.txt", "w6").address == "127.98.9.9");
}

TEST_CASE("nodes: a person's reason that looks like fields is only a reason") {
  const core::Node node = node_of("mixed-nodes.txt", "w4");
  CHECK(node.note == "Bob said: Reason=rain State=DOWN [maybe]");
  CHECK_FALSE(node.down);
  CHECK(node.held);
  CHECK_FALSE(node.unfit);
}

TEST_CASE("nodes: unfit, completing, down") {
  const core::Node unfit = node_of("mixed-nodes.txt", "w8");
  CHECK(unfit.unfit);
  CHECK(unfit.note == "gres/gpu count reported lower than configured (0 < 2)");
  const core::Node completing = node_of("ending-nodes.txt", "w2");
  CHECK(completing.completing);
  CHECK(completing.slots_used == 0);
  const core::Node down = node_of("ending-nodes.txt", "w1");
  CHECK(down.down);
  CHECK(down.held);
  CHECK_FALSE(down.responding);
  CHECK(node_of("ending-nodes.txt", "w5").note == "Not responding");
}

TEST_CASE("nodes: states by themselves") {
  const auto node = [](const std::string& state, const std::string& rest = "") {
    return parse_node_line(line_of(state, rest)).value();
  };
  CHECK(node("IDLE+DRAIN+INVALID_REG").unfit);
  CHECK(node("IDLE+INVALID_REG", " Reason=Low RealMemory [slurm@2026-11-20T00:00:00]").unfit);  // resumed, and still so
  CHECK(node("IDLE+DRAIN+INVALID_REG", " Reason=tide: joining [root@2026-11-20T00:00:00]").unfit);
  CHECK_FALSE(node("IDLE+DRAIN+INVALID_REG", " Reason=Bob: new disk [bob@2026-11-20T00:00:00]").unfit);
  const core::Node given_up = node("DOWN*+CLOUD+DRAIN", " Reason=Not responding [slurm@2026-11-20T00:00:00]");
  CHECK(given_up.held);
  CHECK(given_up.down);
  CHECK(given_up.note.empty());  // nobody's: registering wiped tide's own
  CHECK_FALSE(given_up.unfit);
  CHECK_FALSE(node("IDLE*+CLOUD").responding);
  CHECK_FALSE(node("IDLE+NOT_RESPONDING").responding);
  CHECK_FALSE(node("MIXED*").down);  // for a while silent, with its jobs
  CHECK_FALSE(node("MIXED*").responding);
  CHECK(node("DOWN*").down);
  CHECK(node("MIXED+CLOUD+DRAIN+DYNAMIC_NORM").held);  // what sinfo calls draining
  CHECK(node("IDLE+INVALID_REG").unfit);
  CHECK(node("ALLOCATED+COMPLETING").completing);
  CHECK(node("IDLE+FAIL").held);
  CHECK(node("IDLE+DRAIN", "Reason=Low RealMemory [slurm@1795629125]").unfit);
  CHECK_FALSE(node("IDLE", "Reason=Low RealMemory [slurm@1795629125]").unfit);
  CHECK(node("IDLE+DRAIN", "Reason=tide: placeholder for small [root@2026-11-20T03:09:42]").placeholder);
  CHECK(node("IDLE+DRAIN", "Reason=mail [me@home] later [root@1795629125] Comment=State=DOWN").note ==
        "mail [me@home] later");
  CHECK_FALSE(parse_node_line(line_of("SLEEPING")));
}

TEST_CASE("nodes: cut anywhere it is an error") {
  for (const char* file : {"zero-nodes.txt", "mixed-nodes.txt"}) {
    const std::string text = slurm_fixture(file);
    const std::size_t proof = text.find("slurm-wlm 22.05.8\n") + 18;  // what follows is a prompt
    for (std::size_t length = 0; length < proof; ++length) {
      CAPTURE(length);
      const auto nodes = parse_show_nodes(std::string_view(text).substr(0, length));
      REQUIRE_FALSE(nodes);
      CHECK((nodes.error().kind == ErrorKind::unproven || nodes.error().kind == ErrorKind::protocol));
    }
    CHECK(parse_show_nodes(std::string_view(text).substr(0, proof)));
  }
}

TEST_CASE("nodes: other documents, doubles, what comes after the end") {
  const std::string end = "slurm-wlm 22.05.8\n";
  CHECK(parse_show_nodes("").error().kind == ErrorKind::unproven);
  CHECK(parse_show_nodes(end).error().kind == ErrorKind::unproven);
  CHECK(parse_show_nodes("No nodes in the system\n").error().kind == ErrorKind::unproven);
  CHECK(parse_show_nodes("<html>\n</html>\n" + end).error().kind == ErrorKind::protocol);
  CHECK(parse_show_nodes(slurm_fixture("zero-config.txt")).error().kind == ErrorKind::unproven);
  CHECK(parse_show_nodes(slurm_fixture("zero-partitions.txt")).error().kind == ErrorKind::protocol);
  CHECK(parse_show_nodes(line_of("IDLE") + "\n" + line_of("IDLE") + "\n" + end).error().kind == ErrorKind::protocol);
  CHECK(parse_show_nodes(end + line_of("IDLE") + "\n").error().kind == ErrorKind::protocol);
  CHECK(parse_show_nodes("NodeName=n1 State=IDLE\n" + end).error().kind == ErrorKind::protocol);
  CHECK(parse_show_nodes(line_of("IDLE") + "\n" + end)->size() == 1);
  CHECK(parse_show_nodes(line_of("FUTURE") + "\n" + end)->empty());
}
