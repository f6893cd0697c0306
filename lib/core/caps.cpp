#include <tide/core/outlook.hpp>

#include <tide/core/resize.hpp>
#include <tide/core/spend.hpp>
#include <tide/core/world.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::core {

namespace {

Cap make(std::string name, CapUnit unit, std::int64_t used, std::int64_t limit) {
  return {.name = std::move(name),
          .unit = unit,
          .used = used,
          .limit = limit,
          .left = std::max<std::int64_t>(0, limit - used),
          .why = used >= limit ? "used up: nothing more is launched" : ""};
}

// What the account has left is known; how much of it is others' is not.
void add_quota(std::vector<Cap>& caps, const CloudName& cloud, const char* what, CapUnit unit,
               const std::optional<std::int64_t>& left) {
  if (!left) return;
  caps.push_back({.name = fmt::format("quota of cloud '{}': {}", cloud.value, what),
                  .unit = unit,
                  .used = {},
                  .limit = {},
                  .left = *left,
                  .why = *left <= 0 ? "used up: ask the cloud for more" : ""});
}

// Of days and months: what is spent, and what runs now until the day ends.
void add_spans(std::vector<Cap>& caps, const World& world, std::int64_t cost_per_hour, bool unpriced) {
  const TimePoint now = world.snapshot.taken_at;
  for (const SpanCap& span : span_caps(world.settings, world.plan.memory, now)) {
    const std::int64_t more = planned(cost_per_hour, now);
    Cap cap = make(span.key, CapUnit::money, span.spent + more, span.limit);
    std::string why = spend_lost(world.plan.memory, span);
    if (why.empty() && unpriced) why = "a machine's price is not known: set [pools.x] price; nothing more is launched";
    if (!why.empty()) cap.left = 0;
    if (why.empty()) {
      why = fmt::format("{} spent, {} more until the day ends (UTC){}{}", format_money(span.spent), format_money(more),
                        cap.why.empty() ? "" : "; ", cap.why);
    }
    cap.why = std::move(why);
    caps.push_back(std::move(cap));
  }
}

}  // namespace

std::string_view to_string(CapUnit unit) {
  switch (unit) {
    case CapUnit::machines: return "machines";
    case CapUnit::money: return "money";
    case CapUnit::cores: return "cores";
    case CapUnit::mib: return "mib";
  }
  return "";
}

std::vector<Cap> caps_of(const Snapshot& snapshot, const Settings& configured) {
  Settings settings = configured;
  apply_resizes(settings, snapshot.memory);
  const Scope scope;
  World world{.snapshot = snapshot, .settings = settings, .scope = scope};
  world.plan.memory = snapshot.memory;
  understand(world);
  count_spend(world);
  std::vector<Cap> caps;
  caps.push_back(
      make("[scale] max_nodes", CapUnit::machines, count_machines(world, nullptr), settings.scale.max_nodes));
  for (const auto& [name, pool] : settings.pools) {
    if (pool.max > 0)
      caps.push_back(
          make(fmt::format("[pools.{}] max", name.value), CapUnit::machines, count_machines(world, &name), pool.max));
  }
  bool unpriced = false;
  const std::int64_t cost = cost_per_hour(world, unpriced);
  if (settings.money.per_hour_micros) {
    caps.push_back(make("[money] per_hour", CapUnit::money, cost, *settings.money.per_hour_micros));
    if (unpriced) caps.back().why = "a machine's price is not known: set [pools.x] price; nothing more is launched";
  } else {
    caps.push_back({.name = "[money] per_hour",
                    .unit = CapUnit::money,
                    .used = cost,
                    .limit = {},
                    .left = {},
                    .why = unpriced ? "not set; a machine's price is not known" : "not set"});
  }
  add_spans(caps, world, cost, unpriced);
  for (const auto& [name, traits] : snapshot.clouds) {
    add_quota(caps, name, "machines", CapUnit::machines, traits.machines_left);
    add_quota(caps, name, "cores", CapUnit::cores, traits.cores_left);
    add_quota(caps, name, "memory", CapUnit::mib, traits.memory_mib_left);
  }
  return caps;
}

}  // namespace tide::core
