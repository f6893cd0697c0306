#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tide::batch::slurm {

struct TaskRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t step = 1;

  std::int64_t size() const { return (last - first) / step + 1; }
  bool operator==(const TaskRange&) const = default;
};

// The waiting tasks of an array, "0-99%3" or "1,3-9:2": never expanded, as an array may have four million.
struct TaskList {
  std::vector<TaskRange> ranges;
  std::int64_t limit = 0;  // most that may run at once; 0: none

  std::int64_t size() const;
  bool operator==(const TaskList&) const = default;
};

std::optional<TaskList> parse_task_list(std::string_view text);

}  // namespace tide::batch::slurm
