#include "support_gridengine.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;

TEST_SUITE_BEGIN("batch/gridengine/shape");

namespace {

std::string request(const std::string& name, const std::string& value) {
  return "<hard_request name=\"" + name + "\" resource_contribution=\"0.000000\">" + value + "</hard_request>";
}

std::string pe(const std::string& name, const std::string& range) {
  return "<requested_pe name=\"" + name + "\">" + range + "</requested_pe>";
}

std::string in_queue(const std::string& words) { return "<hard_req_queue>" + words + "</hard_req_queue>"; }

core::Shape shape_of(const std::string& elements) { return only_ge_group(elements).shape; }
core::Chunk chunk_of(const std::string& elements) {
  const core::Shape shape = shape_of(elements);
  REQUIRE(shape.chunks.size() == 1);
  CHECK(shape.unjudged == "");
  return shape.chunks.front();
}

}  // namespace

TEST_CASE("shape: the allocation rule decides on how many hosts the slots may be") {
  const auto one_host = chunk_of(pe("smp", "8"));
  CHECK(one_host.tasks == 8);
  CHECK(one_host.nodes_max == 1);
  const auto spread = chunk_of(pe("mpi", "64-128"));
  CHECK(spread.tasks == 64);
  CHECK(spread.nodes_max == 0);
  const auto fours = chunk_of(pe("mpi4", "10-20"));
  CHECK(fours.nodes == 3);
  CHECK(fours.nodes_max == 3);
  CHECK(fours.tasks == 12);
  CHECK(fours.tasks_per_node == 4);
  CHECK(shape_of(pe("mpi4", "10")).unjudged == "-pe mpi4 10");  // never started: 4 does not divide it
  auto context = test::ge_shapes();
  context.rules.at("smp").total = 7;
  batch::gridengine::JobRecord job;
  job.pe = "smp";
  job.range = "8";
  CHECK(batch::gridengine::wishes_of(job, context).shape.unjudged == "-pe smp 8, of which it has 7 in all");
  CHECK(shape_of(pe("nosuch", "4")).unjudged == "-pe nosuch 4");
}

TEST_CASE("shape: the fewest slots of a range count") {
  using batch::gridengine::fewest_slots;
  CHECK(fewest_slots("64-128") == 64);
  CHECK(fewest_slots("3-9999999") == 3);
  CHECK(fewest_slots("8,2-4") == 2);
  CHECK(fewest_slots("-4") == 1);
  CHECK(fewest_slots("5-7,9-20", 4) == 12);
  CHECK(!fewest_slots("5-7", 4));
  for (const char* text : {"", "0", "x", "-", "9999999"}) CHECK((std::string(text) == "-" || !fewest_slots(text)));
}

TEST_CASE("shape: memory that is consumed is for each slot, what a host reports is for the host") {
  CHECK(chunk_of(request("h_vmem", "2G")).memory_mib_per_slot == 2048);
  CHECK(chunk_of(request("h_vmem", "1500m")).memory_mib_per_slot == 1431);
  CHECK(chunk_of(request("mem_free", "1G")).memory_mib_per_node == 1024);
  CHECK(chunk_of(request("vf", "10G")).memory_mib_per_node == 10240);  // JOB: once
  CHECK(chunk_of("").memory_mib_per_slot == 100);                      // the complex's own default
  CHECK(shape_of(request("h_vmem", "lots")).unjudged == "-l h_vmem=lots");
}

TEST_CASE("shape: GPUs are for each slot") {
  CHECK(chunk_of(request("gpu", "2")).gpus_per_node == core::Gpus{{"", 2}});
  CHECK(chunk_of(request("gpu", "2") + pe("smp", "4")).gpus_per_node == core::Gpus{{"", 8}});
  CHECK(chunk_of(request("gpu", "1") + pe("mpi4", "8")).gpus_per_node == core::Gpus{{"", 4}});
  const auto spread = shape_of(request("gpu", "1") + pe("mpi", "3"));
  CHECK(spread.chunks.size() == 3);
  CHECK(spread.unjudged == "");
  CHECK(shape_of(request("gpu", "1") + pe("mpi", "300")).unjudged != "");
}

TEST_CASE("shape: run time, limits of the job's own, and requests that only wish") {
  CHECK(shape_of(request("h_rt", "1:00:00")).walltime == Seconds{3600});
  CHECK(shape_of(request("h_rt", "86400")).walltime == Seconds{86400});
  CHECK(shape_of(request("h_rt", "INFINITY")).walltime == Seconds{0});
  CHECK(shape_of(request("s_rt", "60") + request("h_cpu", "60") + request("h_stack", "8M")) == shape_of(""));
  CHECK(shape_of("<soft_request name=\"h_rt\">60</soft_request>") == shape_of(""));
}

TEST_CASE("shape: features, by their own name or as a value") {
  CHECK(chunk_of(request("small", "TRUE")).features == std::vector<std::vector<std::string>>{{"small"}});
  CHECK(chunk_of(request("pool", "big")).features == std::vector<std::vector<std::string>>{{"pool=big", "big"}});
  CHECK(shape_of(request("pool", "a*")).unjudged == "-l pool=a*");
  CHECK(shape_of(request("small", "FALSE")).assumed == "-l small=FALSE");
}

TEST_CASE("shape: hosts that are named bind a job, others are judged as far as that goes") {
  const auto bound = only_ge_group(request("hostname", "n1"));
  CHECK(bound.waiting == core::Waiting::node_bound);
  CHECK(bound.reason == "it names host 'n1'");
  CHECK(only_ge_group(in_queue("all.q@n1")).waiting == core::Waiting::node_bound);
  CHECK(shape_of(request("h", "!n1")).assumed == "-l h=!n1");
  CHECK(shape_of(request("hostname", "n*")).unjudged == "-l hostname=n*");
}

TEST_CASE("shape: queues, lists and patterns of them, and their host groups") {
  CHECK(shape_of(in_queue("gpu.q")).queue == "gpu.q");
  const auto both = shape_of(in_queue("all.q") + in_queue("gpu.q"));
  CHECK(both.queue == "all.q");
  CHECK(both.other_queues == std::vector<std::string>{"gpu.q"});
  CHECK(shape_of(in_queue("g*")).queue == "gpu.q");
  CHECK(shape_of(in_queue("*@@allhosts")).other_queues == std::vector<std::string>{"gpu.q"});
  CHECK(shape_of(in_queue("*@@others")).unjudged == "-q *@@others");
  CHECK(shape_of(in_queue("x*")).unjudged == "-q x*");
  CHECK(shape_of(request("qname", "gpu.q")).queue == "gpu.q");
  CHECK(shape_of(in_queue("local.q")).unjudged == "-q local.q, in which no node of tide's gets slots");
  CHECK(shape_of(in_queue("local.q") + in_queue("gpu.q")).queue == "gpu.q");
  CHECK(shape_of(in_queue("local.q") + in_queue("gpu.q")).unjudged.empty());
}

TEST_CASE("shape: a host binds a job only where each of its queues names one") {
  const auto bound = [](const std::string& words) {
    batch::gridengine::JobRecord job;
    job.queues = {words};
    return batch::gridengine::wishes_of(job, test::ge_shapes()).bound_to;
  };
  CHECK(bound("all.q@n1") == "n1");
  CHECK(bound("all.q@n1,gpu.q").empty());
  CHECK(bound("all.q@n1,gpu.q@n2") == "n2");
}

TEST_CASE("shape: licences, exclusive hosts, and what nobody here can judge") {
  CHECK(shape_of(request("matlab", "4")).assumed == "-l matlab=4");
  CHECK(shape_of(request("excl", "TRUE")).exclusive);
  CHECK(shape_of(request("num_proc", "64")).unjudged == "-l num_proc=64");
  CHECK(shape_of(request("nosuch", "1")).unjudged == "-l nosuch=1");
  CHECK(shape_of(request("arch", "lx-amd64")) == shape_of(""));
  CHECK(shape_of(request("arch", "lx*")) == shape_of(""));
  CHECK(shape_of(request("a", "sol-sparc64")).unjudged == "-l a=sol-sparc64");
}

TEST_CASE("shape: the account is the project, else a department that is not everybody's") {
  const std::string everybody = "<JB_department>defaultdepartment</JB_department>";
  CHECK(shape_of("<JB_project>astro</JB_project>" + everybody).account == "astro");
  CHECK(shape_of("<JB_project></JB_project><JB_department>physics</JB_department>").account == "physics");
  CHECK(shape_of(everybody).account == "");
}

TEST_SUITE_END();
