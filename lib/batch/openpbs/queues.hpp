#pragma once

#include <tide/util/result.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tide::batch::openpbs {

enum class Form { json, text };  // what a command was asked to print

// What decides whether a job of a queue may start.
struct Queue {
  bool started = false;
  bool execution = true;
  std::int64_t max_run = -1;  // jobs of all users at once; -1: no limit

  bool operator==(const Queue&) const = default;
};
using Queues = std::map<std::string, Queue, std::less<>>;

// What `qstat -Q -f` prints. A server always has a queue: none is unproven.
Result<Queues> parse_queues(std::string_view text, Form form);

// The overall limit in "[o:PBS_ALL=10]", "[u:PBS_GENERIC=2],[o:PBS_ALL=10]"; -1 if there is none.
std::int64_t overall_limit(std::string_view text);

}  // namespace tide::batch::openpbs
