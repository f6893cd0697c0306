#include "support_gridengine.hpp"

#include <tide/batch/gridengine/words.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using namespace tide::batch::gridengine;

TEST_SUITE_BEGIN("batch/gridengine/readers");

namespace {

Result<std::map<std::string, JobDetail>> details_in(const std::string& text) {
  DetailsReader reader;
  TIDE_TRY(reader.feed(text));
  return reader.finish();
}

}  // namespace

TEST_CASE("readers: details name a start time and a limit, and not every job") {
  const auto details = details_in(ge_fixture("s7-live-details.xml")).value();
  CHECK(details.at("46").together == 2);
  CHECK(details.at("60").start == TimePoint{Seconds{1'893'456'000}});
  CHECK(details.at("49").together == 0);
  CHECK(details_in(ge_fixture("s1-mixed-details.xml"))->size() == 17);
  const auto none = details_in("<?xml version='1.0'?>\n<unknown_jobs >\n    <ST_name>999</ST_name>\n</unknown_jobs>\n");
  REQUIRE(none);
  CHECK(none->empty());
  CHECK_FALSE(details_in(""));
  CHECK_FALSE(details_in("<detailed_job_info><djob_info>"));
}

TEST_CASE("readers: the list of resources ends with its comment") {
  const std::string text = ge_fixture("s7-live-complexes.txt");
  const auto complexes = parse_complexes(text).value();
  CHECK(complexes.at("h_vmem").consumable == "YES");
  CHECK(complexes.at("vf").name == "virtual_free");
  CHECK(complexes.at("vf").consumable == "JOB");
  CHECK(complexes.at("excl").relation == "EXCL");
  for (std::size_t size = 0; size < text.size(); size += 7) CHECK_FALSE(parse_complexes(text.substr(0, size)));
  CHECK_FALSE(parse_complexes("no such thing\n"));
}

TEST_CASE("readers: allocation rules") {
  const std::string text = ge_fixture("s7-live-pe-mpi4.txt");
  CHECK(parse_pe(text, "mpi4")->slots == 4);
  CHECK_FALSE(parse_pe(text, "mpi"));  // another one's
  CHECK_FALSE(parse_pe("", "mpi"));
  CHECK_FALSE(parse_pe("pe_name mpi\nallocation_rule $rou", "mpi"));
  CHECK_FALSE(parse_pe("pe_name mpi\nallocation_rule $other\n", "mpi"));
}

TEST_CASE("readers: sizes, times, counts and patterns") {
  CHECK(parse_bytes("2G") == std::int64_t{2} << 30U);
  CHECK(parse_bytes("2g") == 2'000'000'000);
  CHECK(parse_bytes("0.0") == 0);
  for (const char* text : {"", "-", "INFINITY", "1e400", "-1G", "G", "nan"}) CHECK_FALSE(parse_bytes(text));
  CHECK(parse_time_limit("1:30:00") == Seconds{5400});
  CHECK(parse_time_limit("::30") == Seconds{30});
  CHECK_FALSE(parse_time_limit("INFINITY"));
  CHECK(parse_count("4.000000") == 4);
  CHECK_FALSE(parse_count("4.5"));
  CHECK(matches_pattern("a*|gpu.q", "gpu.q"));
  CHECK_FALSE(matches_pattern("a*", "gpu.q"));
}

TEST_CASE("readers: the version is the client's own") {
  CHECK(version_in(ge_fixture("s7-live-help.txt")) == "8.1.9");
  for (const char* text : {"", "SGE 8.1.9", "<html>\n", "usage: x\n"}) CHECK(version_in(text) == "");
}

TEST_CASE("readers: what a node offers names only resources that are defined") {
  const auto complexes = ge_shapes().complexes;
  ResourceNames names;
  const Offer offer{.slots = 4,
                    .memory_mib = 4096,
                    .gpus = {{"", 2}},
                    .features = {"small", "odd name", "pool=big", "no"},
                    .note = "tide: joining"};
  CHECK(complex_values(offer, names, complexes) ==
        "slots=4,h_vmem=4096M,virtual_free=4096M,gpu=2,small=TRUE,pool=big,tide_note=tide:_joining");
  names.note.clear();
  names.memory = {"mem_free"};  // reported, not consumed
  CHECK(complex_values({.slots = 1, .memory_mib = 1, .gpus = {}, .features = {}, .note = "x"}, names, complexes) ==
        "slots=1");
}

TEST_SUITE_END();
