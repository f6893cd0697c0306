#include <tide/batch/slurm/features.hpp>
#include <tide/batch/slurm/node_limits.hpp>
#include <tide/batch/slurm/reasons.hpp>
#include <tide/batch/slurm/task_list.hpp>
#include <tide/batch/slurm/values.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::batch::slurm;

TEST_SUITE_BEGIN("batch/slurm/values");

TEST_CASE("values: memory is rounded up to MiB") {
  CHECK(parse_memory_mib("100M") == 100);
  CHECK(parse_memory_mib("2G") == 2'048);
  CHECK(parse_memory_mib("1.50T") == 1'572'864);
  CHECK(parse_memory_mib("512K") == 1);
  CHECK(parse_memory_mib("195312.50G") == 200'000'000);
  CHECK(parse_memory_mib("7") == 7);
  CHECK(parse_memory_mib("0") == 0);
  for (const char* bad : {"", "M", "-1M", "1.M", "1.xG", "1e3M", "99999999999999999999M", "9999999999999P", "1 M"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_memory_mib(bad));
  }
}

TEST_CASE("values: time limits") {
  CHECK(parse_time_limit("5:00") == Seconds{300});
  CHECK(parse_time_limit("1:00:00") == Seconds{3'600});
  CHECK(parse_time_limit("1-02:04:00") == Seconds{93'840});
  CHECK(parse_time_limit("UNLIMITED") == Seconds{0});
  for (const char* bad : {"5", "1-", "1-2", "1-25:00:00", "a:b", "-1:00", "1:2:3:4"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_time_limit(bad));
  }
}

TEST_CASE("values: GPUs in each of Slurm's forms") {
  CHECK(parse_gres("gres:gpu:a100:2,gres:gpu:1")->gpus == core::Gpus{{"a100", 2}, {"", 1}});
  CHECK(parse_gres("gpu:a100:1(IDX:0,2)")->gpus == core::Gpus{{"a100", 1}});
  CHECK(parse_gres("gpu:2(S:0-1)")->gpus == core::Gpus{{"", 2}});
  CHECK(parse_gres("gres/gpu=2")->gpus == core::Gpus{{"", 2}});
  CHECK(parse_gres("gpu")->gpus == core::Gpus{{"", 1}});
  CHECK(parse_gres("gpu:0")->gpus.empty());
  CHECK(parse_gres("gpu:1,tape:2")->others == "tape:2");
  CHECK(parse_gres("(null)")->gpus.empty());
  for (const char* bad : {",", "gpu:a:b:c", "gpu:a:x", "gpu:99999999", ":1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_gres(bad));
  }
}

TEST_CASE("values: times and TRES") {
  CHECK(parse_slurm_time("1795629125") == TimePoint{Seconds{1'795'629'125}});
  CHECK(parse_slurm_time("1970-01-02T00:00:01") == TimePoint{Seconds{86'401}});
  for (const char* bad : {"N/A", "", "Unknown", "1970-01-02", "1970-13-02T00:00:01"})
    CHECK_FALSE(parse_slurm_time(bad));
  CHECK(find_tres("cpu=12,mem=1200M,node=3,gres/gpu=2", "node") == "3");
  CHECK(find_tres("cpu=12,mem=1200M", "cp").empty());
  CHECK(find_tres("", "cpu").empty());
}

TEST_CASE("features: as all of one of each") {
  using Clauses = FeatureClauses;
  CHECK(parse_features("(null)") == Clauses{});
  CHECK(parse_features("a&b") == Clauses{{"a"}, {"b"}});
  CHECK(parse_features("a,b") == Clauses{{"a"}, {"b"}});
  CHECK(parse_features("b|a") == Clauses{{"a", "b"}});
  CHECK(parse_features("[a|b]") == Clauses{{"a", "b"}});
  CHECK(parse_features("a&(b|c)") == Clauses{{"a"}, {"b", "c"}});
  CHECK(parse_features("a&b|c") == Clauses{{"a", "c"}, {"b", "c"}});
  for (const char* unjudged : {"a*2", "!a", "[a*2&b]", "a&", "(a", "a)", "", "a b"}) {
    if (std::string(unjudged).empty()) continue;
    CAPTURE(unjudged);
    CHECK_FALSE(parse_features(unjudged));
  }
  std::string explosive = "(a0&b0)";
  for (int i = 1; i < 20; ++i) explosive += "|(a" + std::to_string(i) + "&b" + std::to_string(i) + ")";
  CHECK_FALSE(parse_features(explosive));
  CHECK_FALSE(parse_features(std::string(10'000, '(')));
}

TEST_CASE("task lists: never expanded") {
  CHECK(parse_task_list("0-99%3") == TaskList{.ranges = {{0, 99, 1}}, .limit = 3});
  CHECK(parse_task_list("1,3-9:2")->size() == 5);
  CHECK(parse_task_list("5")->size() == 1);
  for (const char* bad : {"", "-", "1-", "9-1", "1,,2", "1-9:0", "1%", "a", "1-99999999999", "...", "1-5,..."}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_task_list(bad));
  }
}

TEST_CASE("reasons: one class each, and unknown is no demand") {
  CHECK(classify("PENDING", "PartitionConfig", false) == core::Waiting::eligible);
  CHECK(classify("PENDING", "PartitionNodeLimit", false) == core::Waiting::eligible);
  CHECK(classify("PENDING", "Resources", true) == core::Waiting::node_bound);
  CHECK(classify("PENDING", "QOSMaxCpuPerUserLimit", false) == core::Waiting::limited);
  CHECK(classify("PENDING", "AssocGrpCPUMinutesLimit", false) == core::Waiting::limited);
  CHECK(classify("PENDING", "Licenses", false) == core::Waiting::limited);
  CHECK(classify("PENDING", "DependencyNeverSatisfied", false) == core::Waiting::failed);
  CHECK(classify("PENDING", "ReqNodeNotAvail, Reserved for maintenance", false) == core::Waiting::deferred);
  CHECK(classify("PENDING", "launch failed requeued held", false) == core::Waiting::held);
  CHECK(classify("PENDING", "", false) == core::Waiting::unknown);
  CHECK(stage_of("COMPLETING") == JobStage::on_nodes);
  CHECK(stage_of("TIMEOUT") == JobStage::finished);
  CHECK(stage_of("running") == JobStage::unknown);
}

TEST_CASE("reasons: those that a real slurmctld gave, with no node, one too small, drained and silent ones") {
  for (const char* reason :
       {"PartitionConfig", "PartitionNodeLimit", "Resources", "Priority", "None",
        "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions",
        "ReqNodeNotAvail", "ReqNodeNotAvail, UnavailableNodes:d3"}) {
    CAPTURE(reason);
    CHECK(classify("PENDING", reason, false) == core::Waiting::eligible);
    CHECK(classify("PENDING", reason, true) == core::Waiting::node_bound);
  }
  CHECK(classify("PENDING", "Dependency", false) == core::Waiting::dependent);
  CHECK(classify("PENDING", "JobHeldUser", false) == core::Waiting::held);
  CHECK(classify("PENDING", "JobHeldAdmin", false) == core::Waiting::held);
  CHECK(classify("PENDING", "BeginTime", false) == core::Waiting::deferred);
  CHECK(classify("PENDING", "JobArrayTaskLimit", false) == core::Waiting::limited);
  CHECK(classify("PENDING", "PartitionDown", false) == core::Waiting::queue_closed);
}

TEST_CASE("node limits: a forged line can only narrow a job") {
  const auto most = [](const std::string& text) {
    NodeLimits limits;
    REQUIRE(limits.feed(text));
    return limits.find("1");
  };
  const std::string real = "JobId=1 JobName=x JobState=PENDING NumNodes=1-4 NumCPUs=8 \n";
  CHECK(most(real) == 4);
  CHECK(most("JobId=1 JobName=x JobState=PENDING NumNodes=1 NumCPUs=8 \n") == 0);
  CHECK(most(real + "JobId=1 JobState=PENDING NumNodes=1-99 NumCPUs=1 \n") == 4);
  CHECK(most(real + "JobId=1 JobState=PENDING NumNodes=1-2 NumCPUs=1 \n") == 2);
  CHECK(most("JobId=1 JobName= NumNodes=1-999 JobState=PENDING NumNodes=1-4 NumCPUs=8 \n") == 4);
  CHECK(most("<html>\n") == std::nullopt);
}

TEST_CASE("node limits: whole, or unproven") {
  const auto finish = [](const std::string& text) {
    NodeLimits limits;
    REQUIRE(limits.feed(text));
    return limits.finish();
  };
  CHECK(finish("No jobs in the system\n"));
  CHECK(finish("JobId=1 JobState=RUNNING \n"));
  CHECK_FALSE(finish(""));
  CHECK_FALSE(finish("<html>\n"));
  CHECK_FALSE(finish("JobId=1 JobState=RUNNING"));
}
