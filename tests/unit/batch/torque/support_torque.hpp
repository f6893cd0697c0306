#pragma once

#include "tests/support/batch_readings.hpp"

#include <tide/batch/torque/pbsnodes.hpp>
#include <tide/batch/torque/queue_builder.hpp>
#include <tide/util/files.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tide::test {

// A recording of tests/fixtures/torque/6.1.
std::string torque_fixture(const std::string& name);

constexpr TimePoint k_recorded{Seconds{1'795'145'140}};  // when the recordings were made

// Reads it in pieces of that size.
Result<core::JobQueue> read_queue(std::string_view text, batch::torque::QueueOptions options = {},
                                  std::size_t piece = 4'096, const std::set<core::NodeName>& nodes = {});

// A job's elements as `qstat -x` prints them: a plain waiting job, with these changed; "" takes one out.
// "Resource_List.nodes" goes into its group. Text is escaped here.
using Changes = std::vector<std::pair<std::string, std::string>>;
std::string xml_job(const std::string& id, const Changes& changes = {});
std::string xml_queue(const std::vector<std::string>& jobs);  // the whole document
core::WaitingJobs waiting_for(const Changes& changes);        // of a queue of one such job

// A node's elements as `pbsnodes -x` prints them.
std::string xml_node(const std::string& name, const Changes& changes = {});

}  // namespace tide::test
