#include "support_torque.hpp"

#include <tide/batch/torque/server_status.hpp>

#include <doctest/doctest.h>

using namespace tide;
using batch::torque::parse_node_jobs;
using batch::torque::parse_pbsnodes;
using test::xml_node;

TEST_SUITE_BEGIN("batch/torque/pbsnodes");

namespace {

core::Node node_of(const test::Changes& changes) {
  const auto nodes = parse_pbsnodes("<Data>" + xml_node("w1", changes) + "</Data>\n");
  if (!nodes) FAIL(nodes.error().message);
  REQUIRE(nodes->size() == 1);
  return nodes->front();
}

std::vector<std::string> ids_of(std::string_view text) {
  std::vector<std::string> ids;
  const auto jobs = parse_node_jobs(text).value();
  for (const auto& id : jobs.ids) ids.push_back(id.value);
  return ids;
}

}  // namespace

TEST_CASE("both forms of jobs") {
  using Ids = std::vector<std::string>;
  CHECK(ids_of("0/12.srv, 1/12.srv") == Ids{"12.srv"});
  CHECK(parse_node_jobs("0/12.srv, 1/12.srv")->slots == 2);
  CHECK(ids_of("0/3.head,1/9.head,2/15[1].head") == Ids{"15[1].head", "3.head", "9.head"});
  CHECK(parse_node_jobs("12.srv/0-3,5")->slots == 5);
  CHECK(ids_of("12.srv/0-3,5,15[2].srv/6,7") == Ids{"12.srv", "15[2].srv"});
  CHECK(parse_node_jobs("12.srv/0-3,5,15[2].srv/6,7")->slots == 7);
  CHECK(parse_node_jobs("0-3/12.srv")->slots == 4);
  // TORQUE 6 writes a job's slots as one list of ranges, with gaps where others ran before it.
  CHECK(parse_node_jobs("0/1.srv,2/3.srv,1,3/4.srv")->slots == 4);
  CHECK(ids_of("0/1.srv,2/3.srv,1,3/4.srv") == Ids{"1.srv", "3.srv", "4.srv"});
  CHECK(parse_node_jobs("0-1,4,6-7/15[2].srv, 2-3,5/16.srv")->slots == 8);
  CHECK(parse_node_jobs("")->slots == 0);
  for (const std::string_view bad : {"12.srv", "/", "0/", "/12.srv", "0/x.srv", "a/b", "0/12.srv,5", "12.srv/3-1",
                                     "1,3", "0/12.srv,5,", "5,12.srv/0", "12.srv/0-99999999", "-1/12.srv"}) {
    CAPTURE(bad);
    CHECK(!parse_node_jobs(bad));
  }
}

TEST_CASE("states in any order") {
  struct Row {
    std::string state;
    bool down, held, responding;
    int used;
  };
  const std::vector<Row> rows{
      {"free", false, false, true, 0},
      {"offline", false, true, true, 0},
      {"down", true, false, false, 0},
      {"down,offline", true, true, false, 0},
      {"offline,down,MOM-list-not-sent", true, true, false, 0},
      {"job-exclusive", false, false, true, 4},
      {"offline,job-exclusive", false, true, true, 4},
      {"down,job-exclusive", true, false, false, 4},
      {"busy", false, false, true, 0},
      {"reserve", false, false, true, 0},
      {"state-unknown", false, false, false, 0},
      {"state-unknown,down", true, false, false, 0},
      {"free,time-shared", false, false, true, 0},
  };
  for (const Row& row : rows) {
    const auto node = node_of({{"state", row.state}});
    CAPTURE(row.state);
    CHECK(node.down == row.down);
    CHECK(node.held == row.held);
    CHECK(node.responding == row.responding);
    CHECK(node.slots_used == row.used);
    CHECK(node.state == row.state);
  }
  CHECK(node_of({{"state", "busy"}, {"jobs", "0/1.head"}}).slots_used == 4);
  CHECK(!node_of({{"power_state", "Sleep"}}).responding);
  CHECK(!parse_pbsnodes("<Data>" + xml_node("w1", {{"state", "dancing"}}) + "</Data>"));
  CHECK(!parse_pbsnodes("<Data>" + xml_node("w1", {{"state", ""}}) + "</Data>"));
}

TEST_CASE("the status repeats names: only the node's own elements count") {
  const auto node = node_of({{"status", "state=down,jobs=5.head,np=64,note=x,physmem=4194304kb,rectime=1795145000"}});
  CHECK(!node.down);
  CHECK(node.slots_used == 0);
  CHECK(node.slots == 4);
  CHECK(node.note.empty());
  CHECK(node.memory_mib == 4096);
  CHECK(node.registered_at == TimePoint{Seconds{1'795'145'000}});
  CHECK(!node_of({{"status", ""}}).registered_at);
  CHECK(node_of({{"status", ""}}).memory_mib == 0);
}

TEST_CASE("notes, properties, GPUs") {
  const auto node =
      node_of({{"note", "tide: joining \"x\" & <y>"}, {"properties", "CLOUD, big,gpu_a100"}, {"gpus", "2"}});
  CHECK(node.note == "tide: joining \"x\" & <y>");
  CHECK(node.features == std::vector<std::string>{"CLOUD", "big", "gpu_a100"});
  CHECK(node.gpus == core::Gpus{{"a100", 2}});
  const auto plain =
      node_of({{"gpus", "2"},
               {"gpu_status", "gpu[0]=gpu_id=0:5;gpu_state=Exclusive;,gpu[1]=gpu_id=0:6;gpu_state=Unallocated;"}});
  CHECK(plain.gpus == core::Gpus{{"", 2}});
  CHECK(plain.gpus_used == core::Gpus{{"", 1}});
  CHECK(node_of({{"note", "tide: placeholder"}}).placeholder);
}

TEST_CASE("a node whose own check failed is unfit, not silent") {
  const auto node = node_of({{"state", "down"}, {"status", "message=ERROR: no scratch,rectime=1795145000"}});
  CHECK(node.unfit);
  CHECK(!node.down);
  CHECK(node.note == "ERROR: no scratch");
  CHECK(!node_of({{"status", "message=ERROR: no scratch"}}).unfit);
  const auto drained =
      node_of({{"state", "down,offline"}, {"note", "tide: end idle: x"}, {"status", "message=ERROR: no scratch"}});
  CHECK(drained.unfit);
}

TEST_CASE("a node that a person holds is held, whatever its own check says") {
  const auto node = node_of({{"state", "down,offline"},
                             {"note", "new disk, Bob"},
                             {"status", "message=ERROR: no scratch,rectime=1795145000"}});
  CHECK(node.held);
  CHECK(!node.unfit);
  CHECK(node.note == "new disk, Bob");
}

TEST_CASE("no nodes, and what is no list of nodes") {
  CHECK(parse_pbsnodes("<Data></Data>")->empty());
  CHECK(parse_pbsnodes("<?xml version=\"1.0\"?>\n<Data></Data>\n")->empty());
  const std::string whole = "<Data>" + xml_node("w1") + xml_node("w2") + "</Data>";
  for (std::size_t at = 0; at < whole.size(); ++at) {
    CAPTURE(at);
    CHECK(!parse_pbsnodes(std::string_view(whole).substr(0, at)));
  }
  CHECK(parse_pbsnodes("").error().kind == ErrorKind::unproven);
  CHECK(parse_pbsnodes(std::string_view(whole).substr(0, 50)).error().kind == ErrorKind::unproven);
  const std::vector<std::string> texts{"<html></html>",
                                       "mom1\n     state = free\n",
                                       "<Data>" + xml_node("w1") + xml_node("w1") + "</Data>",
                                       "<Data><Job></Job></Data>",
                                       "<Data></Data><Data></Data>",
                                       "<Data><Node><name>w1</Data>",
                                       "<Data>" + xml_node("w1", {{"np", "many"}}) + "</Data>",
                                       "<Data>" + xml_node("w1", {{"np", "-1"}}) + "</Data>",
                                       "<Data>" + xml_node("w1", {{"jobs", "what"}}) + "</Data>",
                                       "<Data>" + xml_node("", {}) + "</Data>",
                                       "<Data>" + xml_node("w 1") + "</Data>",
                                       "<!DOCTYPE Data><Data></Data>",
                                       "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"b\">]><Data></Data>",
                                       std::string("<Data>\0</Data>", 14)};
  for (const auto& text : texts) {
    CAPTURE(text);
    CHECK(!parse_pbsnodes(text));
  }
}

TEST_CASE("a million deep is refused") {
  std::string deep = "<Data>";
  for (int i = 0; i < 1'000'000; ++i) deep += "<a>";
  for (int i = 0; i < 1'000'000; ++i) deep += "</a>";
  CHECK(!parse_pbsnodes(deep + "</Data>"));
}

TEST_CASE("who answers") {
  const auto server = [](const std::string& attributes) {
    return batch::torque::parse_server("Server: head\n    server_state = Active\n" + attributes +
                                       "    state_count = Transit:0 Queued:2 Held:1 Running:3 Complete:4 \n\n");
  };
  const auto torque = server("    pbs_version = 6.1.3\n    managers = root@*,ann@head\n    operators = bob@*\n");
  REQUIRE(torque);
  CHECK(torque->version == "6.1.3");
  CHECK(torque->unfinished == 6);
  CHECK(!torque->scheduling);
  CHECK(torque->shows_all_to("ann", false));
  CHECK(torque->shows_all_to("bob", false));
  CHECK(!torque->shows_all_to("eve", false));
  CHECK(torque->shows_all_to("eve", true));
  CHECK(server("    pbs_version = 2.4.16\n    query_other_jobs = True\n")->shows_all_to("eve", false));
  for (const std::string theirs :
       {"    pbs_version = 23.06.06\n", "    pbs_version = 19.1.3\n", "    pbs_version = PBSPro_10.4.0\n",
        "    pbs_version = 9.2\n    license_count = Avail_Global:1\n"}) {
    CAPTURE(theirs);
    REQUIRE(!server(theirs));
    CHECK(server(theirs).error().kind == ErrorKind::config);
    CHECK(server(theirs).error().hint.find("openpbs") != std::string::npos);
  }
  CHECK(batch::torque::parse_server("").error().kind == ErrorKind::unproven);
  CHECK(!batch::torque::parse_server("Server: a\n    x = 1\n\n"));
}

TEST_SUITE_END();
