#include <tide/batch/slurm/task_list.hpp>
#include <tide/util/text.hpp>

namespace tide::batch::slurm {

namespace {

constexpr std::int64_t k_task_max = 4'000'001;  // Slurm's own end of MaxArraySize

std::optional<std::int64_t> parse_task(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto number = parse_integer(text);
  if (!number || *number > k_task_max) return std::nullopt;
  return number;
}

std::optional<TaskRange> parse_range(std::string_view text) {
  TaskRange range;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const auto step = parse_task(text.substr(colon + 1));
    if (!step || *step == 0) return std::nullopt;
    range.step = *step;
    text = text.substr(0, colon);
  }
  const std::size_t dash = text.find('-');
  const auto first = parse_task(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_task(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  range.first = *first;
  range.last = *last;
  return range;
}

}  // namespace

std::int64_t TaskList::size() const {
  std::int64_t sum = 0;
  for (const auto& range : ranges) sum += range.size();
  return sum;
}

std::optional<TaskList> parse_task_list(std::string_view text) {
  TaskList list;
  if (const std::size_t percent = text.find('%'); percent != std::string_view::npos) {
    const auto limit = parse_task(text.substr(percent + 1));
    if (!limit) return std::nullopt;
    list.limit = *limit;
    text = text.substr(0, percent);
  }
  while (true) {
    const std::size_t comma = text.find(',');
    const auto range = parse_range(text.substr(0, comma));
    if (!range) return std::nullopt;
    list.ranges.push_back(*range);
    if (comma == std::string_view::npos) return list;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace tide::batch::slurm
