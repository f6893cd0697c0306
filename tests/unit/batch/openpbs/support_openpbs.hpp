#pragma once

#include "tests/support/batch_readings.hpp"

#include <tide/batch/openpbs/nodes.hpp>
#include <tide/batch/openpbs/queue_builder.hpp>
#include <tide/util/files.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tide::test {

// A recording of tests/fixtures/openpbs/23.06.
std::string pbs_fixture(const std::string& name);

constexpr TimePoint k_recorded{Seconds{1'795'146'610}};  // when the recordings were made

// Reads it in pieces of that size.
Result<core::JobQueue> read_queue(std::string_view text, batch::openpbs::QueueOptions options = {},
                                  std::size_t piece = 4'096);

// A job's attributes as `qstat -f -F json` of 23.06 prints them: "job_state" to "R" is a string unless it is a number;
// "Resource_List.select" goes into its group. Those of a plain waiting job come first, and may be changed.
using Attributes = std::vector<std::pair<std::string, std::string>>;
std::string json_job(const std::string& id, const Attributes& changes = {});
std::string json_queue(const std::vector<std::string>& jobs);  // the whole document
std::string text_job(const std::string& id, const Attributes& changes = {});

}  // namespace tide::test
