#include "support_slurm.hpp"

#include <tide/batch/slurm/show_config.hpp>

#include <doctest/doctest.h>

using namespace tide;
using batch::slurm::check_version;
using batch::slurm::MemoryRules;
using batch::slurm::parse_show_config;
using test::slurm_fixture;

TEST_SUITE_BEGIN("batch/slurm/show_config");

TEST_CASE("config: as recorded") {
  const auto config = parse_show_config(slurm_fixture("zero-config.txt"));
  REQUIRE(config);
  CHECK(config->cluster == "testcluster");
  CHECK(config->version == "22.05.8");
  CHECK(config->user == "root");
  CHECK(config->user_id == 0);
  CHECK(config->boot_time);
  CHECK(config->hides("cloud"));
  CHECK_FALSE(config->hides("jobs"));
  CHECK_FALSE(config->has_accounting);
}

TEST_CASE("config: cut anywhere it is an error") {
  const std::string text = slurm_fixture("zero-config.txt");
  const std::size_t proof = text.find(" is UP\n") + 7;
  for (std::size_t length = 0; length < proof; ++length) {
    CAPTURE(length);
    CHECK_FALSE(parse_show_config(std::string_view(text).substr(0, length)));
  }
}

TEST_CASE("config: other documents") {
  CHECK(parse_show_config("").error().kind == ErrorKind::unproven);
  CHECK(parse_show_config("<html></html>\n").error().kind == ErrorKind::protocol);
  CHECK(parse_show_config("Configuration data as of 1\nClusterName = a\nSlurmctld(primary) at h is DOWN\n")
            .error()
            .kind == ErrorKind::unproven);
  CHECK(
      parse_show_config("Configuration data as of 1\nClusterName = a\nSlurmctld(primary) at h is UP\n").error().kind ==
      ErrorKind::protocol);
}

TEST_CASE("config: PrivateData hides, in any order and by 'all'") {
  const auto with = [](const std::string& words) {
    return parse_show_config("Configuration data as of 1\nClusterName = a\nPrivateData = " + words +
                             "\nSLURM_VERSION = 23.02.1\nSlurmUser = slurm(64030)\nAccountingStorageType = "
                             "accounting_storage/slurmdbd\n"
                             "Slurmctld(primary) at h is DOWN\nSlurmctld(backup) at b is UP\n")
        .value();
  };
  CHECK(with("accounts,jobs").hides("jobs"));
  CHECK(with("all").hides("nodes"));
  CHECK_FALSE(with("none").hides("jobs"));
  CHECK(with("none").user_id == 64'030);
  CHECK(with("none").has_accounting);
}

TEST_CASE("config: what becomes of a job that asks for no memory") {
  const auto rules = [](const std::string& select, const std::string& defaults = "(null)") {
    return parse_show_config(
               "Configuration data as of 1\nClusterName = a\nSLURM_VERSION = 23.02.1\nSlurmUser = slurm(64030)\n" +
               ("JobDefaults             = " + defaults) + ("\nSelectTypeParameters    = " + select) +
               "\nSlurmctld(primary) at h is UP\n")
        .value()
        .memory;
  };
  CHECK(rules("CR_CORE_MEMORY") == MemoryRules{.consumed = true, .partitions_count = true});
  CHECK(rules("CR_CPU_MEMORY") == MemoryRules{.consumed = true});
  CHECK(rules("CR_SOCKET") == MemoryRules{.partitions_count = true});
  CHECK(rules("CR_ONE_TASK_PER_CORE,CR_SOCKET_MEMORY") == MemoryRules{.consumed = true, .partitions_count = true});
  CHECK(rules("NONE") == MemoryRules{});
  CHECK(rules("CR_CPU", "DefCpuPerGPU=2,DefMemPerGPU=500") == MemoryRules{.by_gpu = true});
  CHECK(rules("CR_CORE_MEMORY", "(null)\nDefMemPerCPU            = 0") ==
        MemoryRules{.consumed = true, .partitions_count = true, .free = true});
  CHECK(parse_show_config(slurm_fixture("zero-config.txt"))->memory == MemoryRules{.consumed = true});
}

TEST_CASE("config: releases that this version reads") {
  for (const char* good : {"22.05.8", "23.02.1", "23.11.10", "24.11.0"}) CHECK(check_version(good));
  for (const char* bad : {"21.08.8", "20.11.4", "25.05.0", "22", "next", "22.99.1", ""})
    CHECK_FALSE(check_version(bad));
}
