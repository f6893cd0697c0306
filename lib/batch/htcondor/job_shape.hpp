#pragma once

#include <tide/batch/htcondor/job_row.hpp>
#include <tide/core/job.hpp>

#include <set>

namespace tide::batch::htcondor {

struct Judgement {
  core::Shape shape;
  core::Waiting waiting = core::Waiting::eligible;
  std::string reason;
};

// What a job that is on no machine asks for, and why it waits. Never fails: one user's absurd request is `unjudged`.
Judgement judge_job(const JobRow& row, TimePoint now, const std::set<std::string>& features);

// Does a job of this universe run on a machine of the pool? Scheduler and local ones run beside the schedd, grid ones
// elsewhere.
bool needs_node(std::string_view universe);

// The machine in "slot1_2@c1.site", "slot1@glidein_7@c1.site".
std::string_view host_of(std::string_view slot);

}  // namespace tide::batch::htcondor
