#include "support_torque.hpp"

#include <tide/batch/torque/node_spec.hpp>
#include <tide/batch/torque/shape.hpp>

#include <doctest/doctest.h>

using namespace tide;
using batch::torque::decode;
using batch::torque::parse_node_spec;
using test::waiting_for;

TEST_SUITE_BEGIN("batch/torque/shape");

namespace {

std::string chunks_of(const test::Changes& changes) {
  std::string text;
  for (const auto& chunk : waiting_for(changes).shape.chunks) text += (text.empty() ? "" : " + ") + test::dump(chunk);
  return text;
}

std::string nodes(const std::string& spec) { return chunks_of({{"Resource_List.nodes", spec}}); }

}  // namespace

TEST_CASE("the grammar of nodes=") {
  struct Row {
    std::string spec;
    std::string chunks;
  };
  const std::vector<Row> rows{
      {"1", "nodes=1-1 tasks=1 slots=1 per_node=1 mem_node=0 mem_slot=0"},
      {"3", "nodes=3-3 tasks=3 slots=1 per_node=1 mem_node=0 mem_slot=0"},
      {"2:ppn=4:CLOUD", "nodes=2-2 tasks=2 slots=4 per_node=1 mem_node=0 mem_slot=0 feature=CLOUD"},
      {"2:CLOUD:ppn=4", "nodes=2-2 tasks=2 slots=4 per_node=1 mem_node=0 mem_slot=0 feature=CLOUD"},
      {"2:ppn=4:CLOUD+1:ppn=1:gpus=1",
       "nodes=2-2 tasks=2 slots=4 per_node=1 mem_node=0 mem_slot=0 feature=CLOUD + nodes=1-1 tasks=1 slots=1 "
       "per_node=1 mem_node=0 mem_slot=0 gpus=:1"},
      {"CLOUD", "nodes=1-1 tasks=1 slots=1 per_node=1 mem_node=0 mem_slot=0 feature=CLOUD"},
      {"CLOUD:ppn=2", "nodes=1-1 tasks=1 slots=2 per_node=1 mem_node=0 mem_slot=0 feature=CLOUD"},
      {"1:ppn=1:gpus=2:exclusive_thread", "nodes=1-1 tasks=1 slots=1 per_node=1 mem_node=0 mem_slot=0 gpus=:2"},
      {"1:b:a:b", "nodes=1-1 tasks=1 slots=1 per_node=1 mem_node=0 mem_slot=0 feature=a feature=b"},
      {"2#shared", "nodes=2-2 tasks=2 slots=1 per_node=1 mem_node=0 mem_slot=0"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.spec);
    CHECK(nodes(row.spec) == row.chunks);
    CHECK(waiting_for({{"Resource_List.nodes", row.spec}}).shape.unjudged.empty());
  }
  CHECK(waiting_for({{"Resource_List.nodes", "2#excl"}}).shape.exclusive);
  CHECK(waiting_for({{"Resource_List.nodes", "2#shared#excl"}}).shape.exclusive);
  CHECK(!waiting_for({{"Resource_List.nodes", "2"}}).shape.exclusive);
}

TEST_CASE("what is no nodes= is not judged, and blinds nobody") {
  for (const std::string spec : {"0", "-1", "2:", ":2", "2++1", "2:ppn=0", "2:ppn=x", "2:ppn=99999999", "ppn=4",
                                 "2#odd", "1:a|b", "1:a&b", "9999999999", "1:=2"}) {
    CAPTURE(spec);
    CHECK(!parse_node_spec(spec));
    const auto jobs = waiting_for({{"Resource_List.nodes", spec}});
    CHECK(jobs.shape.unjudged.starts_with("nodes="));
    CHECK(jobs.shape.chunks.size() == 1);
  }
  CHECK(waiting_for({{"Resource_List.nodes", "1:mics=2"}}).shape.unjudged == "mics=2");
}

TEST_CASE("procs, ncpus and both beside nodes") {
  const std::string six = "nodes=1-0 tasks=6 slots=1 per_node=0 mem_node=0 mem_slot=0";
  CHECK(chunks_of({{"Resource_List.nodes", "1"}, {"Resource_List.procs", "6"}}) == six);
  CHECK(chunks_of({{"Resource_List.nodes", ""}, {"Resource_List.neednodes", ""}, {"Resource_List.procs", "6"}}) == six);
  CHECK(chunks_of({{"Resource_List.nodes", "2:ppn=3"}, {"Resource_List.procs", "6"}}) ==
        "nodes=2-2 tasks=2 slots=3 per_node=1 mem_node=0 mem_slot=0 + " + six);
  CHECK(chunks_of({{"Resource_List.nodes", "1"}, {"Resource_List.ncpus", "4"}}) ==
        "nodes=1-1 tasks=1 slots=4 per_node=1 mem_node=0 mem_slot=0");
  CHECK(chunks_of({{"Resource_List.nodes", "1:ppn=2"}, {"Resource_List.ncpus", "4"}}) ==
        "nodes=1-1 tasks=1 slots=2 per_node=1 mem_node=0 mem_slot=0");
  CHECK(chunks_of({{"Resource_List.nodes", ""}, {"Resource_List.neednodes", ""}, {"Resource_List.ncpus", "4"}}) ==
        "nodes=1-1 tasks=1 slots=4 per_node=0 mem_node=0 mem_slot=0");
  CHECK(chunks_of({{"Resource_List.nodes", ""}, {"Resource_List.neednodes", "2:ppn=2"}}) ==
        "nodes=2-2 tasks=2 slots=2 per_node=1 mem_node=0 mem_slot=0");
  CHECK(waiting_for({{"Resource_List.procs", "lots"}}).shape.unjudged == "procs=lots");
}

TEST_CASE("a job that says nothing of its size is one slot of one node") {
  const test::Changes silent{{"Resource_List.nodes", ""},
                             {"Resource_List.neednodes", ""},
                             {"Resource_List.nodect", ""},
                             {"Resource_List.walltime", ""}};
  const auto jobs = waiting_for(silent);
  CHECK(jobs.waiting == core::Waiting::eligible);
  CHECK(jobs.shape.unjudged.empty());
  CHECK(chunks_of(silent) == "nodes=1-1 tasks=1 slots=1 per_node=0 mem_node=0 mem_slot=0");
}

TEST_CASE("memory: of the job, of each process, virtual where nothing else is said") {
  const auto memory = [](test::Changes changes) {
    const auto shape = waiting_for(changes).shape;
    return std::pair(shape.chunks.front().memory_mib_per_node, shape.chunks.front().memory_mib_per_slot);
  };
  using Pair = std::pair<std::int64_t, std::int64_t>;
  CHECK(memory({{"Resource_List.mem", "2gb"}}) == Pair{2048, 0});
  CHECK(memory({{"Resource_List.nodes", "4:ppn=2"}, {"Resource_List.mem", "2gb"}}) == Pair{512, 0});
  CHECK(memory({{"Resource_List.nodes", "4:ppn=2"}, {"Resource_List.pmem", "500mb"}}) == Pair{1000, 0});
  CHECK(memory({{"Resource_List.nodes", "1:ppn=2"}, {"Resource_List.mem", "2gb"}, {"Resource_List.pmem", "500mb"}}) ==
        Pair{2048, 0});
  CHECK(memory({{"Resource_List.vmem", "3gb"}}) == Pair{3072, 0});
  CHECK(memory({{"Resource_List.mem", "1gb"}, {"Resource_List.vmem", "3gb"}}) == Pair{1024, 0});
  CHECK(memory({{"Resource_List.nodes", "1:ppn=2"}, {"Resource_List.pvmem", "1gb"}}) == Pair{2048, 0});
  CHECK(memory({{"Resource_List.nodes", "1"}, {"Resource_List.procs", "6"}, {"Resource_List.mem", "6gb"}}) ==
        Pair{0, 1024});
  CHECK(memory({{"Resource_List.nodes", "1:ppn=2+1:ppn=1"}, {"Resource_List.mem", "3gb"}}) == Pair{0, 1024});
  CHECK(waiting_for({{"Resource_List.mem", "much"}}).shape.unjudged == "mem=much");
  CHECK(waiting_for({{"Resource_List.mem", "9000000000gb"}}).shape.unjudged == "mem=9000000000gb");
}

TEST_CASE("whole nodes, reruns, walltime, queue") {
  CHECK(waiting_for({{"node_exclusive", "True"}}).shape.exclusive);
  CHECK(!waiting_for({{"node_exclusive", "False"}}).shape.exclusive);
  CHECK(waiting_for({{"Resource_List.naccesspolicy", "singlejob"}}).shape.exclusive);
  CHECK(!waiting_for({{"Resource_List.naccesspolicy", "shared"}}).shape.exclusive);
  CHECK(waiting_for({{"x", "NACCESSPOLICY:SINGLEJOB"}}).shape.exclusive);
  CHECK(!waiting_for({{"Rerunable", "False"}}).shape.rerunnable);
  CHECK(waiting_for({{"Rerunable", "True"}}).shape.rerunnable);
  CHECK(waiting_for({{"Resource_List.walltime", "1:00:00:00"}}).shape.walltime == Seconds{86400});
  CHECK(waiting_for({{"Resource_List.walltime", ""}}).shape.walltime == Seconds{0});
  CHECK(waiting_for({{"queue", "long"}}).shape.queue == "long");
}

TEST_CASE("features of Moab, and resources that nobody knows") {
  const auto feature = [](const std::string& text) { return waiting_for({{"Resource_List.feature", text}}).shape; };
  CHECK(feature("a:b").chunks.front().features == std::vector<std::vector<std::string>>{{"a"}, {"b"}});
  CHECK(feature("b|a").chunks.front().features == std::vector<std::vector<std::string>>{{"a", "b"}});
  CHECK(feature("a=1").unjudged == "feature=a=1");
  CHECK(waiting_for({{"Resource_List.software", "matlab"}}).shape.unjudged == "software=matlab");
  CHECK(waiting_for({{"Resource_List.file", "10gb"}, {"Resource_List.nice", "5"}}).shape.unjudged.empty());
}

TEST_CASE("entities: the five and numeric ones, no others") {
  CHECK(decode("a &lt;b&gt; &amp;&quot;&apos;") == "a <b> &\"'");
  CHECK(decode("&#65;&#x42;&#xe9;&#x20ac;&#x1f600;") == "AB\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  for (const std::string_view bad : {"&", "&;", "&nbsp;", "&lt", "&#;", "&#x;", "&#0;", "&#xd800;", "&#x110000;",
                                     "&#99999999999;", "&#-1;", "&a;", "&amp &lt;"}) {
    CAPTURE(bad);
    CHECK(!decode(bad));
  }
}

TEST_CASE("text that is no UTF-8 is shown in hexadecimal, and a broken entity is not judged") {
  const std::string text = test::xml_queue({test::xml_job("7.head", {{"queue", "a\xff\x01z"}})});
  const auto queue = test::read_queue(text);
  REQUIRE(queue);
  CHECK(queue->waiting.front().shape.queue == "a\\xff\\x01z");
  std::string broken = test::xml_queue({test::xml_job("7.head", {{"Resource_List.software", "XX"}})});
  broken.replace(broken.find("XX"), 2, "&bad;");
  const auto other = test::read_queue(broken);
  REQUIRE(other);
  CHECK(other->waiting.front().shape.unjudged.find("&bad;") != std::string::npos);
}

TEST_SUITE_END();
