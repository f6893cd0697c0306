#include "support_openpbs.hpp"

#include <tide/batch/openpbs/server_info.hpp>

#include <doctest/doctest.h>

using namespace tide;
using batch::openpbs::Form;
using batch::openpbs::parse_nodes;
using batch::openpbs::parse_server;

TEST_SUITE_BEGIN("batch/openpbs/nodes");

namespace {

std::string node_text(const std::string& name, const std::vector<std::string>& lines) {
  std::string text = name + "\n";
  for (const auto& line : lines) text += "     " + line + "\n";
  return text + "\n";
}

core::Node only_node(const std::vector<std::string>& lines) {
  const auto list = parse_nodes(node_text("m1", lines), Form::text);
  if (!list) FAIL(list.error().message);
  REQUIRE(list->nodes.size() == 1);
  return list->nodes.front();
}

}  // namespace

TEST_CASE("nodes: states, in any combination") {
  const auto with = [](const std::string& state) {
    return only_node({"Mom = m1", "state = " + state, "pcpus = 4", "last_state_change_time = 1795146599"});
  };
  CHECK(with("free").responding);
  CHECK_FALSE(with("free").held);
  CHECK(with("offline").held);
  CHECK(with("offline,job-exclusive").held);
  CHECK(with("job-busy,offline").held);
  CHECK(with("maintenance").held);
  CHECK(with("resv-exclusive").held);
  CHECK(with("down").down);
  CHECK_FALSE(with("down").responding);
  CHECK(with("offline,down").down);
  CHECK(with("Stale").down);
  CHECK_FALSE(with("state-unknown").responding);
  CHECK_FALSE(with("state-unknown").down);
  CHECK(with("unresolvable").unfit);
  CHECK(with("offline_by_mom").unfit);
  CHECK(with("provisioning").starting);
  const core::Node persons = only_node({"Mom = m1", "state = offline,unresolvable", "comment = Bob: new disk"});
  CHECK(persons.held);
  CHECK_FALSE(persons.unfit);  // whatever else is wrong with it, a person holds it
  CHECK(only_node({"Mom = m1", "state = offline,unresolvable", "comment = tide: end idle: x"}).unfit);
  CHECK_FALSE(parse_nodes(node_text("m1", {"state = on-fire"}), Form::text));
  CHECK_FALSE(parse_nodes(node_text("m1", {"Mom = m1"}), Form::text));
}

TEST_CASE("nodes: one that a job has to itself has no room, whatever the job asked for") {
  const auto with = [](const std::string& state, const std::string& jobs) {
    return only_node({"Mom = m1", "state = " + state, "pcpus = 16", "resources_available.ncpus = 16",
                      "resources_assigned.ncpus = 1", jobs, "last_state_change_time = 1795146599"});
  };
  CHECK(with("job-exclusive", "jobs = 7.a/0").slots_used == 16);
  CHECK(with("job-exclusive,offline", "jobs = 7.a/0").slots_used == 16);
  CHECK(with("free", "jobs = 7.a/0").slots_used == 1);
}

TEST_CASE("nodes: registered is what has the machine's CPUs; a hold alone proves nothing") {
  CHECK_FALSE(only_node({"state = state-unknown,down,offline", "last_state_change_time = 1795146599"}).registered_at);
  CHECK(only_node({"state = free", "pcpus = 4", "last_state_change_time = Fri Nov 20 03:49:59 2026"}).registered_at ==
        TimePoint{Seconds{1'795'146'599}});
}

TEST_CASE("nodes: sizes, features, notes") {
  const auto node =
      only_node({"Mom = m1.site.org", "state = free", "pcpus = 2", "resources_available.arch = linux",
                 "resources_available.host = m1", "resources_available.ncpus = 8", "resources_available.mem = 16gb",
                 "resources_available.ngpus = 2", "resources_available.CLOUD = True", "resources_available.OLD = False",
                 "resources_available.tide_features = small,CLOUD", "resources_available.site = a,b",
                 "resources_assigned.ncpus = 3", "resources_assigned.mem = 100kb", "resources_assigned.ngpus = 1",
                 "queue = special", "comment = just a note"});
  CHECK(node.slots == 8);
  CHECK(node.slots_used == 3);
  CHECK(node.memory_mib == 16'384);
  CHECK(node.memory_mib_used == 1);
  CHECK(node.gpus == core::Gpus{{"", 2}});
  CHECK(node.gpus_used == core::Gpus{{"", 1}});
  CHECK(node.features == std::vector<std::string>{"CLOUD", "arch=linux", "site=a", "site=b", "small"});
  CHECK(node.queues == std::vector<std::string>{"special"});
  CHECK(node.note.empty());  // anyone may comment on a node that nobody holds
  CHECK(only_node({"state = offline", "comment = tide: joining"}).note == "tide: joining");
  CHECK(only_node({"state = offline", "comment = tide: placeholder"}).placeholder);
  CHECK(only_node({"state = offline", "comment = offlined by hook 'x' due to hook error"}).unfit);
  CHECK(only_node({"state = free", "pcpus = 2"}).slots == 2);
  CHECK(only_node({"state = free", "jobs = 7.a/0", "resources_assigned.ncpus = 0"}).slots_used == 1);
  for (const char* bad : {"resources_available.ncpus = many", "resources_available.mem = -1",
                          "resources_assigned.ncpus = -3", "resources_available.mem = 99999999999pb"})
    CHECK_FALSE(parse_nodes(node_text("m1", {"state = free", bad}), Form::text));
}

TEST_CASE("nodes: vnodes of a host are one node") {
  const std::string text = node_text("h1[0]", {"Mom = h1", "state = free", "resources_available.host = h1", "pcpus = 8",
                                               "resources_available.ncpus = 4", "jobs = 1.a/0, 2.a/1"}) +
                           node_text("h1", {"Mom = h1", "state = offline", "resources_available.host = h1",
                                            "resources_available.ncpus = 0", "comment = tide: end idle"}) +
                           node_text("gpu_a", {"Mom = h1", "state = free", "resources_available.host = h1",
                                               "resources_available.ncpus = 4", "jobs = 2.a/0"}) +
                           node_text("h2", {"Mom = h2", "state = free", "resources_available.ncpus = 1"});
  const auto list = parse_nodes(text, Form::text);
  REQUIRE(list);
  REQUIRE(list->nodes.size() == 2);
  CHECK(list->nodes[0].name.value == "h1");
  CHECK(list->nodes[0].slots == 8);
  CHECK_FALSE(list->nodes[0].held);  // as long as one of its vnodes takes jobs, it does
  CHECK(list->hosts.at("gpu_a") == "h1");
  CHECK(list->jobs.at("h1") == std::vector<std::string>{"1.a", "2.a"});
  std::string held = text;
  for (std::size_t at = 0; (at = held.find("state = free", at)) != std::string::npos;)
    held.replace(at, 12, "state = offline");
  const auto all = parse_nodes(held, Form::text);
  REQUIRE(all);
  CHECK(all->nodes[0].held);
  CHECK(all->nodes[0].note == "tide: end idle");
}

TEST_CASE("nodes: a list of jobs that goes on in the next line") {
  std::string text = node_text("m1", {"state = job-busy", "jobs = 1.a/0, 2.a/1", "resources_assigned.ncpus = 2"});
  text.replace(text.find(", 2.a"), 2, ",\n\t");
  const auto list = parse_nodes(text, Form::text);
  if (!list) FAIL(list.error().message);
  CHECK(list->jobs.at("m1") == std::vector<std::string>{"1.a", "2.a"});
}

TEST_CASE("nodes: no node is not a list without nodes, and none is listed twice") {
  CHECK_FALSE(parse_nodes("", Form::text));
  CHECK_FALSE(parse_nodes(test::json_queue({}), Form::json));
  const std::string one = node_text("m1", {"state = free"});
  CHECK_FALSE(parse_nodes(one + one, Form::text));
}

TEST_CASE("nodes: a comment with quotes, as PBS before 20 prints it, is a comment") {
  std::string text = test::pbs_fixture("s2-offline-pbsnodes-a.json");
  const std::string note = "retire (clusterscale) 2026-11-20";
  text.replace(text.find(note), note.size(), "HEALTH \"zaskly\nsdileny\" (Sep 04)");
  const auto list = parse_nodes(text, Form::json);
  if (!list) FAIL(list.error().message);
  CHECK(list->nodes.front().held);
  text.replace(text.find("\"offline,job-busy\""), 18, "\"offline\nx\"");
  CHECK_FALSE(parse_nodes(text, Form::json));
}

TEST_CASE("server: who may see all jobs") {
  using batch::openpbs::sees_all;
  auto info = parse_server(test::pbs_fixture("s1-mixed-qstat-Bf.json"), Form::json).value();
  CHECK(info.name == "headnode");
  CHECK(info.version == "23.06.06");
  CHECK(info.jobs == 14);
  CHECK_FALSE(info.torque);
  CHECK(sees_all(info, "me", false));
  info.shows_others = false;
  CHECK_FALSE(sees_all(info, "me", false));
  CHECK(sees_all(info, "me", true));
  info.managers = {"root@*", "me@head"};
  CHECK(sees_all(info, "me", false));
  CHECK_FALSE(sees_all(info, "m", false));
}

TEST_CASE("server: TORQUE is told apart") {
  const auto info = parse_server(
      "Server: localhost\n    server_state = Active\n    state_count = Transit:0 Queued:12 Held:14 Waiting:1 Running:1 "
      "Exiting:0 Co\n\tmplete:1 \n    pbs_version = master\n    next_job_number = 30\n\n",
      Form::text);
  REQUIRE(info);
  CHECK(info->torque);
  CHECK(info->jobs == 28);
  CHECK_FALSE(parse_server("", Form::text));
  CHECK_FALSE(parse_server("Server: a\n    server_state = Active\n\n", Form::text));
}

TEST_SUITE_END();
