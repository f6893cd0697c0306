#include "support_htcondor.hpp"

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <doctest/doctest.h>
#include <where.hpp>

namespace tide::test {

using batch::htcondor::JobField;

std::string condor_fixture(const std::string& name) {
  const auto text = read_file(test::fixtures() + "/htcondor/" + name, 64U << 20U);
  if (!text) FAIL(text.error().message);
  return *text;
}

std::string job_line(int cluster, const Columns& columns) {
  Columns all{{JobField::cluster, std::to_string(cluster)},
              {JobField::proc, "0"},
              {JobField::status, "1"},
              {JobField::submitted, "1795639000"},
              {JobField::priority, "0"},
              {JobField::universe, "5"},
              {JobField::cpus, "1"},
              {JobField::memory, "100"},
              {JobField::big_disk, "false"},
              {JobField::requirements,
               "(TARGET.Arch == \"X86_64\") && (TARGET.OpSys == \"LINUX\") && "
               "(TARGET.Disk >= RequestDisk) && (TARGET.Memory >= RequestMemory) && "
               "((TARGET.FileSystemDomain == MY.FileSystemDomain) || "
               "(TARGET.HasFileTransfer))"}};
  for (const auto& [field, text] : columns) all[field] = text;
  std::string line;
  for (std::size_t i = 0; i < batch::htcondor::k_job_fields; ++i) {
    const auto found = all.find(static_cast<JobField>(i));
    line += (i == 0 ? "" : "\t") + (found == all.end() ? "undefined" : found->second);
  }
  return line + "\n";
}

std::string totals(std::int64_t query, std::int64_t all_users) {
  const char* rest = " jobs; 0 completed, 0 removed, 0 idle, 0 running, 0 held, 0 suspended";
  return fmt::format("\nTotal for query: {}{} \nTotal for all users: {}{}\n\n", query, rest, all_users, rest);
}

Result<core::JobQueue> read_queue(const std::string& text, const std::set<std::string>& features, std::size_t piece) {
  batch::htcondor::QueueBuilder builder(
      {.all_ids = true, .now = TimePoint{Seconds{k_condor_now}}, .features = features});
  builder.begin("");
  for (std::size_t at = 0; at < text.size(); at += piece)
    TIDE_TRY(builder.feed(std::string_view(text).substr(at, piece)));
  TIDE_TRY(builder.end());
  return builder.finish();
}

core::WaitingJobs only_group(const Columns& columns, const std::set<std::string>& features) {
  return only_group(read_queue(job_line(1, columns) + totals(1, 1), features));
}

std::string ad_line(const AdColumns& columns) {
  // The format that goes to condor_status names the columns, in order.
  std::string line;
  std::size_t known = 0;
  const std::string format = batch::htcondor::ad_format({});
  for (const std::string_view text : split(format, '\n')) {
    const std::size_t end = text.find(" WIDTH 0 PRINTF");
    if (end == std::string_view::npos) continue;
    const auto found = columns.find(std::string(trim(text.substr(0, end))));
    if (found != columns.end()) ++known;
    line += (line.empty() ? "" : "\t") + (found == columns.end() ? "undefined" : found->second);
  }
  REQUIRE(known == columns.size());
  return line + "\n";
}

std::string slot_line(const std::string& machine, const AdColumns& columns) {
  AdColumns all{{"MyType", "\"Machine\""},
                {"Name", "\"slot1@" + machine + "\""},
                {"Machine", "\"" + machine + "\""},
                {"MyAddress", "\"<10.0.0.5:9618?addrs=10.0.0.5-9618&sock=startd_1>\""},
                {"LastHeardFrom", std::to_string(k_condor_now - 10)},
                {"DaemonStartTime", std::to_string(k_condor_now - 1'000)},
                {"PartitionableSlot", "true"},
                {"unparse(Requirements) == \"false\"", "false"},
                {"Start", "true"},
                {"State", "\"Unclaimed\""},
                {"Activity", "\"Idle\""},
                {"Cpus", "4"},
                {"Memory", "4000"},
                {"GPUs", "0"},
                {"TotalSlotCpus", "4"},
                {"TotalSlotMemory", "4000"},
                {"TotalSlotGPUs", "0"},
                {"MaxJobRetirementTime", "315360000"}};
  for (const auto& [name, text] : columns) all[name] = text;
  return ad_line(all);
}

std::string master_line(const std::string& machine, std::int64_t startd_since) {
  return ad_line({{"MyType", "\"DaemonMaster\""},
                  {"Name", "\"" + machine + "\""},
                  {"Machine", "\"" + machine + "\""},
                  {"MyAddress", "\"<10.0.0.5:9618?addrs=10.0.0.5-9618&sock=master_1>\""},
                  {"LastHeardFrom", std::to_string(k_condor_now - 10)},
                  {"DaemonStartTime", std::to_string(k_condor_now - 1'000)},
                  {"STARTD_StartTime", std::to_string(startd_since)}});
}

std::string collector_line(std::int64_t clock) {
  return ad_line({{"MyType", "\"Collector\""},
                  {"Name", "\"my pool@head\""},
                  {"Machine", "\"head\""},
                  {"CondorVersion", "\"$CondorVersion: 23.9.6 2026-07-12 PackageID: x $\""},
                  {"LastHeardFrom", std::to_string(clock - 400)},
                  {"StatsLastUpdateTime", std::to_string(clock)},
                  {"MonitorSelfTime", std::to_string(clock - 4'999)},
                  {"MonitorSelfAge", "1"}});
}

std::vector<core::Node> nodes_in(const std::string& text) {
  const auto ads = batch::htcondor::parse_ads(text, {});
  if (!ads) FAIL(ads.error().message);
  return batch::htcondor::nodes_of(*ads, Seconds{660});
}

core::Node only_node(const std::string& text) {
  const auto nodes = nodes_in(text + collector_line());
  REQUIRE(nodes.size() == 1);
  return nodes.front();
}

}  // namespace tide::test
