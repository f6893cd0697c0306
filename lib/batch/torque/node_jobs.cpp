#include <tide/batch/pbs/values.hpp>
#include <tide/batch/torque/pbsnodes.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <optional>

namespace tide::batch::torque {

namespace {

constexpr std::int64_t k_slot_max = 1'000'000;

// "3" or "0-3": how many slots.
std::optional<int> count_slots(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_integer(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_integer(text.substr(dash + 1));
  if (!first || !last || *first < 0 || *last < *first || *last > k_slot_max) return std::nullopt;
  return static_cast<int>(*last - *first + 1);
}

Error bad_item(std::string_view item) {
  return make_error(ErrorKind::protocol, "'{}' names no job of a node", printable(item, 80));
}

}  // namespace

Result<NodeJobs> parse_node_jobs(std::string_view text) {
  NodeJobs jobs;
  std::int64_t slots = 0;
  bool ranges_follow = false;   // "12.srv/0-3,5": what follows has no job of its own
  std::int64_t before_job = 0;  // "1,3/12.srv": slots whose job is still to come
  for (const std::string_view piece : split(text, ',')) {
    const std::string_view item = trim(piece);
    if (item.empty()) continue;
    const std::size_t slash = item.find('/');
    if (slash == std::string_view::npos) {
      const auto more = count_slots(item);
      if (!more) return bad_item(item);
      (ranges_follow ? slots : before_job) += *more;
      continue;
    }
    const std::string_view left = item.substr(0, slash);
    const std::string_view right = item.substr(slash + 1);
    const auto before = count_slots(left);
    if (before && pbs::parse_job_name(right)) {
      jobs.ids.push_back({std::string(right)});
      slots += before_job + *before;
      before_job = 0;
      ranges_follow = false;
      continue;
    }
    const auto after = count_slots(right);
    if (!after || before_job > 0 || !pbs::parse_job_name(left)) return bad_item(item);
    jobs.ids.push_back({std::string(left)});
    slots += *after;
    ranges_follow = true;
  }
  if (slots > k_slot_max || before_job > 0) return bad_item(text);
  std::ranges::sort(jobs.ids);
  jobs.ids.erase(std::unique(jobs.ids.begin(), jobs.ids.end()), jobs.ids.end());
  jobs.slots = static_cast<int>(slots);
  return jobs;
}

}  // namespace tide::batch::torque
