#pragma once

#include <tide/core/job.hpp>

#include <string>
#include <string_view>

namespace tide::batch::openpbs {

struct Judgement {
  core::Waiting waiting = core::Waiting::eligible;
  std::string reason;
};

// What the scheduler's comment on a queued job says: "Not Running: …" and "Can Never Run: …" as its source writes them
// (src/scheduler/job_info: fctt). Other comments are people's or of an earlier run, and say nothing. Numbers and what
// is in brackets are left out of the reason, so that it does not change with every cycle.
Judgement judge_comment(std::string_view comment);

}  // namespace tide::batch::openpbs
