#pragma once

#include "tests/support/batch_readings.hpp"

#include <tide/batch/slurm/queue_builder.hpp>
#include <tide/core/job.hpp>
#include <tide/util/files.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tide::test {

// A recording of tests/fixtures/slurm/22.05.
std::string slurm_fixture(const std::string& name);

constexpr TimePoint k_recorded{Seconds{1'795'629'200}};  // shortly after the recordings were made

// Reads it in pieces of that size.
Result<core::JobQueue> read_queue(std::string_view text, batch::slurm::QueueOptions options = {},
                                  std::size_t piece = 4'096);

// One line of squeue: a plain waiting job, with these columns changed.
using Changes = std::vector<std::pair<batch::slurm::Column, std::string>>;
std::string squeue_line(const Changes& changes = {});
std::string squeue_text(const std::vector<std::string>& lines);

}  // namespace tide::test
