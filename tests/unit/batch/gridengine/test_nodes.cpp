#include "support_gridengine.hpp"

#include <tide/batch/gridengine/notes.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;

TEST_SUITE_BEGIN("batch/gridengine/nodes");

namespace {

std::string queue(const std::string& name, int used, int slots, const std::string& state) {
  return fmt::format(
      "<queue name='{0}'><queuevalue qname='{0}' name='slots_used'>{1}</queuevalue><queuevalue qname='{0}' "
      "name='slots'>{2}</queuevalue><queuevalue qname='{0}' name='state_string'>{3}</queuevalue></queue>",
      name, used, slots, state);
}

std::string resource(const std::string& name, const std::string& dominance, const std::string& value) {
  return fmt::format("<resourcevalue name='{}' dominance='{}'>{}</resourcevalue>", name, dominance, value);
}

std::string document(const std::string& hosts) {
  return "<?xml version='1.0'?>\n<qhost xmlns:xsd=\"x\">\n<host name='global'></host>\n" + hosts + "</qhost>\n";
}

std::string host(const std::string& inside, const std::string& load = "0.5", const std::string& arch = "lx-amd64") {
  return fmt::format(
      "<host name='n1'><hostvalue name='arch_string'>{}</hostvalue><hostvalue "
      "name='load_avg'>{}</hostvalue>{}</host>\n",
      arch, load, inside);
}

core::Node node_in(const std::string& text) {
  const auto hosts = read_ge_hosts(document(text));
  if (!hosts) FAIL(hosts.error().message);
  const auto nodes = nodes_of(*hosts, ge_options().names, TimePoint{Seconds{k_ge_now}});
  REQUIRE(nodes.size() == 1);
  return nodes.front();
}

}  // namespace

TEST_CASE("nodes: a host is held when all of its queue instances are closed") {
  CHECK_FALSE(node_in(host(queue("all.q", 0, 4, ""))).held);
  for (const char* state : {"d", "du", "D", "s", "C", "o", "auo"})
    CHECK(node_in(host(queue("all.q", 0, 4, state))).held);
  const auto half = node_in(host(queue("all.q", 0, 4, "d") + queue("gpu.q", 0, 4, "")));
  CHECK_FALSE(half.held);
  CHECK(half.queues == std::vector<std::string>{"gpu.q"});
}

TEST_CASE("nodes: a silent host does not answer and is not given up; one that never reported has not registered") {
  const auto up = node_in(host(queue("all.q", 0, 4, "")));
  CHECK(up.responding);
  CHECK(up.registered_at == TimePoint{Seconds{k_ge_now}});
  const auto silent = node_in(host(queue("all.q", 0, 4, "u"), "-"));
  CHECK_FALSE(silent.down);
  CHECK_FALSE(silent.responding);
  CHECK(silent.registered_at == TimePoint{Seconds{1}});  // some day
  const auto never = node_in(host(queue("all.q", 0, 4, "du"), "-", "-"));
  CHECK_FALSE(never.registered_at);
}

TEST_CASE("nodes: an error of the queue makes a host unfit, a person's hold wins") {
  CHECK(node_in(host(queue("all.q", 0, 4, "E"))).unfit);
  CHECK(node_in(host(queue("all.q", 0, 4, "c"))).unfit);
  CHECK_FALSE(node_in(host(queue("all.q", 0, 4, "dE"))).unfit);
  CHECK_FALSE(node_in(host(queue("all.q", 0, 4, "a"))).unfit);
}

TEST_CASE("nodes: slots of all queues, or what the host has for all of them") {
  const std::string both = queue("all.q", 1, 4, "") + queue("gpu.q", 2, 4, "");
  CHECK(node_in(host(both)).slots == 8);
  CHECK(node_in(host(both)).slots_used == 3);
  CHECK(node_in(host(resource("slots", "hc", "1.000000") + both)).slots == 4);
  CHECK(node_in(host(resource("slots", "gc", "1.000000") + both)).slots == 8);  // the whole cluster's
  CHECK(node_in(host(queue("all.q", 1, 4, "a"))).slots_used == 4);
}

TEST_CASE("nodes: memory and GPUs that are left") {
  const std::string total = resource("mem_total", "hl", "23.541G");
  CHECK(node_in(host(total + queue("all.q", 0, 4, ""))).memory_mib == 24'106);
  const auto empty = node_in(host(total + resource("h_vmem", "hc", "4.000G") + queue("all.q", 0, 4, "")));
  CHECK(empty.memory_mib == 4096);
  CHECK(empty.memory_mib_used == 0);
  const auto busy = node_in(host(total + resource("h_vmem", "hc", "1.000G") + queue("all.q", 1, 4, "")));
  CHECK(busy.memory_mib - busy.memory_mib_used == 1024);
  CHECK(node_in(host(resource("gpu", "hc", "2.000000") + queue("all.q", 0, 4, ""))).gpus == core::Gpus{{"", 2}});
  CHECK(node_in(host(resource("small", "hf", "1.000000") + queue("all.q", 0, 4, ""))).features ==
        std::vector<std::string>{"small"});
}

TEST_CASE("nodes: the note of a hold is the host's own resource, and nothing on a host in service") {
  const std::string mark = resource("tide_note", "hf", "tide:_end_idle:_x");
  CHECK(node_in(host(mark + queue("all.q", 0, 4, "d"))).note == "tide: end idle: x");
  CHECK(node_in(host(mark + queue("all.q", 0, 4, ""))).note == "");
  CHECK(node_in(host(resource("tide_note", "gf", "tide:_x") + queue("all.q", 0, 4, "d"))).note == "");
  CHECK(node_in(host(resource("tide_note", "hf", "tide:_placeholder") + queue("all.q", 0, 4, "d"))).placeholder);
}

TEST_CASE("nodes: notes come back as they were, whatever is in them") {
  using batch::gridengine::decode_note;
  using batch::gridengine::encode_note;
  for (const char* note :
       {"tide: end idle: idle for 600 s", "tide: keep bob: a,b=c_d \"x\" 100% 'y' |z|", "%2C", "a%"}) {
    CHECK(decode_note(encode_note(note)) == note);
    CHECK(encode_note(note).find_first_of(" ,=\"'|\n") == std::string::npos);
  }
}

TEST_CASE("nodes: a mark holds what was closed before, and a person's own text stays as it is") {
  using batch::gridengine::decode_mark;
  using batch::gridengine::encode_mark;
  using batch::gridengine::Mark;
  for (const Mark& mark :
       {Mark{"tide: end idle: a|b", {"gpu.q", "my_q"}}, Mark{"tide: joining", {}}, Mark{"", {"a.q"}}, Mark{"", {}}}) {
    CHECK(decode_mark(encode_mark(mark)) == mark);
    CHECK(encode_mark(mark).find_first_of(" ,=\"'\n") == std::string::npos);
  }
  CHECK(encode_mark({"tide: end", {"gpu.q"}}) == "tide:_end|gpu.q");
  CHECK(decode_mark("memory|disk") == Mark{"memory|disk", {}});
  const auto held = node_in(host(resource("tide_note", "hf", "tide:_end|gpu.q|a.q") + queue("all.q", 0, 4, "d")));
  CHECK(held.note == "tide: end");
  CHECK(node_in(host(resource("tide_note", "hf", "|gpu.q") + queue("all.q", 0, 4, "d"))).note == "");
}

TEST_CASE("nodes: a host without a queue is none, one with jobs names each once") {
  const auto hosts =
      read_ge_hosts(document("<host name='n0'></host>" +
                             host(queue("all.q", 3, 4, "o") +
                                  "<job name='3'><jobvalue name='pe_master'>MASTER</jobvalue></job><job name='3'></job>"
                                  "<job name='5'><jobvalue name='taskid'>2</jobvalue></job>")))
          .value();
  CHECK(hosts.size() == 2);
  CHECK(nodes_of(hosts, ge_options().names, TimePoint{}).size() == 1);
  CHECK(hosts.back().jobs == std::vector<core::JobId>{{"3"}, {"5.2"}});
}

TEST_CASE("nodes: what is no list of hosts is told") {
  CHECK(read_ge_hosts(document(""))->empty());
  for (const std::string& text :
       {std::string(), std::string("<html></html>"), std::string("<qhost></qhost>"), document("<host name=''></host>"),
        document("<host name='a b'></host>"), document("<host name='n1'></host><host name='n1'></host>"),
        document("<host name='n1'><host name='n2'></host></host>"), document("<job name='1'></job>"),
        document(host("<job name='x'></job>")), document(host("<queue name='all.q'></queue>")),
        document(host(queue("all.q", -1, 4, ""))), document(host("<queuevalue name='slots'>1</queuevalue>"))}) {
    CAPTURE(text);
    CHECK_FALSE(read_ge_hosts(text));
  }
}

TEST_SUITE_END();
