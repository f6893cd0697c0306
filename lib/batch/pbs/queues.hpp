#pragma once

#include <tide/batch/pbs/attributes.hpp>
#include <tide/core/job.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tide::batch::pbs {

using Resources = std::map<std::string, std::string, std::less<>>;  // "walltime": "01:00:00"

// What a queue, or the server over all of them, lets its jobs have.
struct Limits {
  Resources max;                           // resources_max
  Resources min;                           // resources_min
  Resources available;                     // resources_available
  std::optional<std::int64_t> jobs;        // max_running (OpenPBS: max_run): most jobs that run at once
  std::optional<std::int64_t> user_jobs;   // max_user_run: of one user
  std::optional<std::int64_t> group_jobs;  // max_group_run
};

struct Queue {
  std::string name;
  bool route = false;   // hands its jobs on: none starts from it
  bool started = true;  // false: no job of it starts. "enabled" is about new jobs only
  bool enabled = true;
  std::vector<std::string> destinations;  // of a route queue
  Limits limits;
};

using Queues = std::map<std::string, Queue, std::less<>>;

Limits limits_of(const Attributes& attributes);
Result<Queues> parse_queues(std::string_view text);  // `qstat -Q -f`

struct Ruling {
  core::Waiting waiting = core::Waiting::eligible;
  std::string reason;
};

// May a job with these resources ever start from that queue? Counts of running jobs are the caller's.
Ruling judge(const Resources& job, const Queue& queue, const Queues& all);
Ruling judge(const Resources& job, const Limits& limits, std::string_view whose);

// -1, 0, 1 for two values of one resource: times, sizes or numbers; nothing where they do not compare.
std::optional<int> compare_resource(std::string_view name, std::string_view left, std::string_view right);

}  // namespace tide::batch::pbs
