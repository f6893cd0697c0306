#include <tide/batch/pbs/queues.hpp>
#include <tide/batch/pbs/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::pbs {

namespace {

std::optional<std::int64_t> count(std::string_view text) {
  const auto number = parse_integer(text);
  return number && *number >= 0 ? number : std::nullopt;
}

bool is_time(std::string_view name) { return name == "walltime" || name == "cput" || name == "pcput"; }

template <typename T>
std::optional<int> order(const std::optional<T>& left, const std::optional<T>& right) {
  if (!left || !right) return std::nullopt;
  return *left < *right ? -1 : (*right < *left ? 1 : 0);
}

bool is_false(std::string_view text) { return text == "False" || text == "false" || text == "F" || text == "0"; }

}  // namespace

std::optional<int> compare_resource(std::string_view name, std::string_view left, std::string_view right) {
  if (is_time(name)) return order(parse_walltime(left), parse_walltime(right));
  if (const auto both = order(parse_integer(left), parse_integer(right))) return both;
  return order(parse_size_bytes(left), parse_size_bytes(right));
}

Limits limits_of(const Attributes& attributes) {
  Limits limits{.max = attributes.below("resources_max."),
                .min = attributes.below("resources_min."),
                .available = attributes.below("resources_available."),
                .jobs = count(attributes["max_running"]),
                .user_jobs = count(attributes["max_user_run"]),
                .group_jobs = count(attributes["max_group_run"])};
  return limits;
}

Result<Queues> parse_queues(std::string_view text) {
  TIDE_TRY_ASSIGN(const auto blocks, parse_attributes(text, "Queue"));
  Queues queues;
  for (const Attributes& block : blocks) {
    Queue queue;
    queue.name = block.name;
    const std::string type = to_lower(block["queue_type"]);
    queue.route = type.starts_with("r");
    // A queue that was created and never set up has neither.
    queue.started = !block["started"].empty() && !is_false(block["started"]);
    queue.enabled = !block["enabled"].empty() && !is_false(block["enabled"]);
    for (const std::string_view name : split(block["route_destinations"], ',')) {
      if (!trim(name).empty()) queue.destinations.emplace_back(trim(name));
    }
    queue.limits = limits_of(block);
    if (!queues.emplace(block.name, std::move(queue)).second) {
      return make_error(ErrorKind::protocol, "queue '{}' is listed twice", printable(block.name, 80));
    }
  }
  return queues;
}

Ruling judge(const Resources& job, const Limits& limits, std::string_view whose) {
  const auto find = [&](const Resources& bounds, std::string_view kind, int wrong) -> std::string {
    for (const auto& [name, bound] : bounds) {
      const auto asked = job.find(name);
      if (asked == job.end() || compare_resource(name, asked->second, bound) != wrong) continue;
      return fmt::format("{}.{} = {} of {}", kind, name, printable(bound, 40), whose);
    }
    return "";
  };
  std::string reason = find(limits.max, "resources_max", 1);
  if (reason.empty()) reason = find(limits.min, "resources_min", -1);
  if (reason.empty()) reason = find(limits.available, "resources_available", 1);
  if (reason.empty()) return {};
  return {.waiting = core::Waiting::failed, .reason = std::move(reason)};
}

Ruling judge(const Resources& job, const Queue& queue, const Queues& all) {
  if (!queue.started) {
    return {.waiting = core::Waiting::queue_closed, .reason = fmt::format("queue '{}' is stopped", queue.name)};
  }
  if (queue.route) {
    // A job stays in a route queue only while no queue behind it takes it in.
    const bool closed = std::ranges::all_of(queue.destinations, [&](const std::string& name) {
      const auto found = all.find(name);
      return found != all.end() && !found->second.enabled;
    });
    if (closed) {
      return {.waiting = core::Waiting::queue_closed,
              .reason = fmt::format("no queue behind route queue '{}' is enabled", queue.name)};
    }
    return {.waiting = core::Waiting::limited,
            .reason = fmt::format("still in route queue '{}': no queue behind it takes it", queue.name)};
  }
  return judge(job, queue.limits, fmt::format("queue '{}'", queue.name));
}

}  // namespace tide::batch::pbs
