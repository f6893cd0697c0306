#pragma once

#include <tide/core/job.hpp>

namespace tide::batch {

// The order of JobQueue::waiting: what runs first, first; no two equal.
inline bool runs_before(const core::WaitingJobs& a, const core::WaitingJobs& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  if (a.oldest != b.oldest) return a.oldest < b.oldest;
  if (a.shape != b.shape) return a.shape < b.shape;
  if (a.waiting != b.waiting) return a.waiting < b.waiting;
  return a.reason < b.reason;
}

}  // namespace tide::batch
