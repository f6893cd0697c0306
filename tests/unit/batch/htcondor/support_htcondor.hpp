#pragma once

#include "tests/support/batch_readings.hpp"

#include <tide/batch/htcondor/ads.hpp>
#include <tide/batch/htcondor/job_row.hpp>
#include <tide/batch/htcondor/nodes.hpp>
#include <tide/batch/htcondor/queue_builder.hpp>

#include <map>
#include <string>
#include <vector>

namespace tide::test {

constexpr std::int64_t k_condor_now = 1'795'640'000;

std::string condor_fixture(const std::string& name);

// A row of condor_q: an idle vanilla job, but for the columns that are set.
using Columns = std::map<batch::htcondor::JobField, std::string>;
std::string job_line(int cluster, const Columns& columns);
std::string totals(std::int64_t query, std::int64_t all_users);

Result<core::JobQueue> read_queue(const std::string& text, const std::set<std::string>& features = {},
                                  std::size_t piece = 4'096);
// The only group of a queue of one job.
core::WaitingJobs only_group(const Columns& columns, const std::set<std::string>& features = {});

// Ads of one machine's slot, its master, the collector, as rows; columns by their expression.
using AdColumns = std::map<std::string, std::string>;
std::string ad_line(const AdColumns& columns);
std::string slot_line(const std::string& machine, const AdColumns& columns = {});
std::string master_line(const std::string& machine, std::int64_t startd_since);
std::string collector_line(std::int64_t clock = k_condor_now);
std::vector<core::Node> nodes_in(const std::string& text);
core::Node only_node(const std::string& text);

}  // namespace tide::test
