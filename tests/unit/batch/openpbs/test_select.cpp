#include "support_openpbs.hpp"

#include <tide/batch/openpbs/select.hpp>

#include <doctest/doctest.h>

using namespace tide;
using batch::openpbs::parse_select;
using Features = std::vector<std::vector<std::string>>;

TEST_SUITE_BEGIN("batch/openpbs/select");

namespace {

core::Shape shape_of(const std::string& select, const std::string& place = "free") {
  auto request = parse_select(select, place);
  if (!request) FAIL(select << ": " << request.error().message);
  return request->shape;
}

}  // namespace

TEST_CASE("select: chunks that may share nodes") {
  const auto shape = shape_of("4:ncpus=2:mem=1gb:mpiprocs=2:ompthreads=1:arch=linux");
  REQUIRE(shape.chunks.size() == 1);
  CHECK(shape.chunks[0] ==
        core::Chunk{.nodes = 1, .nodes_max = 0, .tasks = 4, .slots_per_task = 2, .memory_mib_per_slot = 512});
  CHECK(shape_of("3").chunks[0].tasks == 3);
  CHECK(shape_of("ncpus=8:mem=7gb").chunks[0].memory_mib_per_node == 7168);
  CHECK(shape_of("1:ncpus=3:mem=7gb").chunks[0].memory_mib_per_node == 7168);
  CHECK(shape_of("4:ncpus=3:mem=7gb").chunks[0].memory_mib_per_slot == 2389);  // so that four fit on 28gb
  CHECK(shape_of("1:ncpus=0").chunks[0].slots_per_task == 1);
  CHECK(shape_of("1:ncpus=1:mem=100kb").chunks[0].memory_mib_per_node == 1);
}

TEST_CASE("select: several chunks, GPUs, custom resources") {
  const auto shape = shape_of("2:ncpus=4:mem=8gb:ngpus=1+1:ncpus=1:CLOUD=True:pool=small:tide_features=big");
  REQUIRE(shape.chunks.size() == 3);  // GPU chunks one by one: two may share a node that has two
  CHECK(shape.chunks[0].gpus_per_node == core::Gpus{{"", 1}});
  CHECK(shape.chunks[0] == shape.chunks[1]);
  CHECK(shape.chunks[2].features == Features{{"CLOUD", "CLOUD=True"}, {"big", "tide_features=big"}, {"pool=small"}});
  CHECK(shape_of("100:ngpus=1").chunks.size() == 100);
  CHECK(shape_of("2000:ngpus=1").chunks.size() == 1);
  CHECK(shape_of("1:CLOUD=False").chunks[0].features == Features{{"CLOUD=False"}});
  CHECK(shape_of("1:ncpus=1:site=\"a:b+c\"").chunks[0].features == Features{{"site=a:b+c"}});
}

TEST_CASE("place: scatter, pack, exclusive, group") {
  const auto scatter = shape_of("2:ncpus=2:mem=3gb", "scatter");
  CHECK(scatter.chunks[0].nodes == 2);
  CHECK(scatter.chunks[0].nodes_max == 2);
  CHECK(scatter.chunks[0].tasks_per_node == 1);
  CHECK(scatter.chunks[0].memory_mib_per_node == 3072);
  CHECK_FALSE(scatter.exclusive);
  CHECK(shape_of("1:ncpus=2+1:ncpus=1", "scatter").apart);  // each on a host of its own
  CHECK_FALSE(shape_of("1:ncpus=2+1:ncpus=1", "free").apart);
  const auto pack = shape_of("2:ncpus=2:mem=1gb:ngpus=1+1:ncpus=1:CLOUD=True", "pack");
  REQUIRE(pack.chunks.size() == 1);
  CHECK(pack.chunks[0].slots_per_task == 5);
  CHECK(pack.chunks[0].memory_mib_per_node == 2048);
  CHECK(pack.chunks[0].gpus_per_node == core::Gpus{{"", 2}});
  CHECK(pack.chunks[0].nodes_max == 1);
  CHECK(shape_of("1:ncpus=1", "scatter:excl").exclusive);
  CHECK(shape_of("1:ncpus=1", "pack:exclhost").exclusive);
  CHECK_FALSE(shape_of("1:ncpus=1", "free:shared").exclusive);
  CHECK(shape_of("2:ncpus=1", "scatter:group=switch").unjudged == "place=group=switch");
  CHECK(shape_of("2:ncpus=1", "group=host").chunks[0].slots_per_task == 2);
}

TEST_CASE("select: a host or vnode is named") {
  CHECK(parse_select("1:ncpus=1:host=m7", "")->bound == "host=m7");
  CHECK(parse_select("1:vnode=m7[0]", "")->bound == "vnode=m7[0]");
}

TEST_CASE("select: absurd requests spoil no reading, what is no select does") {
  for (const char* absurd :
       {"1:ncpus=9999999", "1:ncpus=-1", "1:ncpus=two", "1:mem=lots", "1:ngpus=1e9", "0:ncpus=1", "9999999:ncpus=1"}) {
    CAPTURE(absurd);
    CHECK_FALSE(shape_of(absurd).unjudged.empty());
  }
  CHECK_FALSE(shape_of("1000000:ncpus=1000000", "pack").unjudged.empty());
  for (const char* bad : {"", "+", "1+", "1:", "x", "1:2", "1:=3", "-1:ncpus=1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_select(bad, ""));
  }
}

TEST_SUITE_END();
