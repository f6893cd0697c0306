#include <tide/core/prices.hpp>
#include <tide/core/spend.hpp>
#include <tide/core/wishes.hpp>
#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>

// `adopt`: a machine that tide did not start becomes its own. Only one whose node has joined: a machine of ours without
// a node is a boot failure, and would be ended as one.
namespace tide::core {

namespace {

using Found = std::vector<const Worker*>;

bool refuse(World& world, const Wish& wish, RuleId rule, std::string why, ErrorKind kind = ErrorKind::refused) {
  world.decline(wish.targets.front(), std::move(rule), std::move(why), kind, wish.id);
  return false;
}

// An open end of the same sentence: it cannot be judged now, and is looked at again.
bool wait(World& world, const Wish& wish, RuleId rule, std::string why, ErrorKind kind) {
  world.decline(wish.targets.front(), std::move(rule), std::move(why), kind, wish.id);
  return true;
}

Found machines_meant(const World& world, const Wish& wish) {
  Found found;
  for (const Worker& worker : world.plan.workers) {
    if (names(world, wish, worker) && worker.instance && is_live(worker.instance->state)) found.push_back(&worker);
  }
  return found;
}

bool not_found(World& world, const Wish& wish, const Pool& pool) {
  const bool node = std::ranges::any_of(
      world.plan.workers, [&](const Worker& worker) { return worker.name.value == wish.targets.front(); });
  if (node) {
    return refuse(
        world, wish, "no-machine",
        fmt::format("no live machine of cloud '{}' bears the node's name, its address or the ID that it tells",
                    pool.cloud.value));
  }
  return refuse(world, wish, "unknown",
                fmt::format("neither cloud '{}' nor the batch system knows it", pool.cloud.value),
                ErrorKind::not_found);
}

// Whose is it? "" if nobody's that tide knows of.
std::string owner_of(const World& world, const Instance& instance) {
  const std::string_view cluster = tag_of(instance, tag::k_cluster);
  if (!cluster.empty() && cluster != world.settings.cluster) return fmt::format("it belongs to cluster '{}'", cluster);
  const HeadId owner{std::string(tag_of(instance, tag::k_owner))};
  if (owner.empty() || owner == world.plan.memory.head) return "";
  const auto& taken = world.plan.memory.taken_over;
  return std::ranges::find(taken, owner) != taken.end() ? "" : fmt::format("it belongs to head '{}'", owner.value);
}

// Why it could not serve as one of ours; "" if it could.
std::string unready(const Worker& worker) {
  if (worker.instance->state == InstanceState::stopping) return "it is ending";
  if (!worker.why.empty()) return worker.why;
  const bool joined = worker.node && worker.node->registered_at &&
                      *worker.node->registered_at + k_clock_slack >= worker.instance->launched_at;
  if (joined) return "";
  return "no node that bears its name, its address or its ID has registered since it was launched, and a machine of "
         "tide's without a node is ended";
}

// What it costs from now on: what it cost before is another's.
bool is_over_money(World& world, const Wish& wish, std::optional<std::int64_t> price) {
  const auto& cap = world.settings.money.per_hour_micros;
  const TimePoint now = world.snapshot.taken_at;
  const auto spans = span_caps(world.settings, world.plan.memory, now);
  if (!cap && spans.empty()) return false;
  bool unpriced = false;
  const std::int64_t cost = cost_per_hour(world, unpriced);
  if (!price || unpriced) {
    return !refuse(world, wish, "no-price",
                   fmt::format("{} is set and a machine's price is not known: set [pools.x] price",
                               cap ? "[money] per_hour" : spans.front().key),
                   ErrorKind::money);
  }
  if (cap && cost + *price > *cap) {
    return !refuse(world, wish, "per-hour",
                   fmt::format("[money] per_hour = {}: {} is spent or ordered, this one costs {}", format_money(*cap),
                               format_money(cost), format_money(*price)),
                   ErrorKind::money);
  }
  for (const SpanCap& span : spans) {
    if (std::string lost = spend_lost(world.plan.memory, span); !lost.empty())
      return !refuse(world, wish, span.rule, std::move(lost), ErrorKind::money);
    if (span.spent + planned(cost + *price, now) <= span.limit) continue;
    return !refuse(
        world, wish, span.rule,
        fmt::format("{} = {}: {} is spent, and with this one {} more until the day ends (UTC)", span.key,
                    format_money(span.limit), format_money(span.spent), format_money(planned(cost + *price, now))),
        ErrorKind::money);
  }
  return false;
}

// It runs already, and yet: what is tide's counts in every cap.
bool is_over_caps(World& world, const Wish& wish, const Pool& pool, std::optional<std::int64_t> price) {
  const int all = count_machines(world, nullptr);
  const int own = count_machines(world, &pool.name);
  if (all >= world.settings.scale.max_nodes) {
    return !refuse(world, wish, "max-nodes",
                   fmt::format("[scale] max_nodes = {}: {} are live or intended", world.settings.scale.max_nodes, all));
  }
  if (pool.max > 0 && own >= pool.max) {
    return !refuse(world, wish, "pool-max",
                   fmt::format("[pools.{}] max = {}: {} are live or intended", pool.name.value, pool.max, own));
  }
  return is_over_money(world, wish, price);
}

Adopt adoption(const World& world, const Wish& wish, const Worker& worker, const Pool& pool) {
  const Instance& instance = *worker.instance;
  Adopt adopt{.cloud = worker.cloud,
              .instance = worker.id,
              .node = worker.name,
              .pool = pool.name,
              .type = instance.type,
              .launched_at = instance.launched_at,
              .tags = {},
              .wish = wish.id};
  adopt.tags.set = {{tag::k_cluster, world.settings.cluster},
                    {tag::k_owner, world.plan.memory.head.value},
                    {tag::k_pool, pool.name.value},
                    {tag::k_names, worker.name.value}};
  // What a launch of another time left there would claim it for that launch, or for that template.
  for (const auto& [key, value] : instance.tags) {
    if (key.starts_with(tag::k_prefix) && !adopt.tags.set.contains(key)) adopt.tags.remove.push_back(key);
  }
  return adopt;
}

bool adopt(World& world, const Wish& wish, const Pool& pool, const Worker& worker) {
  const Instance& instance = *worker.instance;
  const Machine* row = world.machine(worker.id);
  if (worker.ours) {
    if (worker.pool == pool.name) return false;  // done, or so before
    return refuse(world, wish, "ours", fmt::format("it is a machine of pool '{}' already", worker.pool.value));
  }
  if (row != nullptr && row->disowning && is_ours(world.plan.memory, world.settings, instance))
    return wait(world, wish, "disowning", "it is being disowned: its cloud still lists it as ours", ErrorKind::refused);
  if (instance.cloud != pool.cloud) {
    return refuse(world, wish, "other-cloud",
                  fmt::format("it is a machine of cloud '{}', and pool '{}' is of '{}'", instance.cloud.value,
                              pool.name.value, pool.cloud.value));
  }
  if (std::string owner = owner_of(world, instance); !owner.empty())
    return refuse(world, wish, "foreign", std::move(owner));
  if (std::string why = unready(worker); !why.empty()) return refuse(world, wish, "not-joined", std::move(why));
  const auto price = price_of(world.plan.memory, world.now(), pool, instance.type, instance.zone);
  if (is_over_caps(world, wish, pool, price)) return false;
  Adopt action = adoption(world, wish, worker, pool);
  action.price_micros = price.value_or(0);
  world.act(std::move(action), "wish", fmt::format("asked for by {}", wish.by));
  return true;
}

}  // namespace

bool wish_adopt(World& world, const Wish& wish) {
  const Pool* pool = world.pool(wish.pool);
  if (pool == nullptr) return refuse(world, wish, "unknown-pool", "there is no such pool", ErrorKind::not_found);
  if (world.reading.foreign_owner) return refuse(world, wish, "foreign-head", world.reading.batch_why);
  if (!world.reading.cloud(pool->cloud)) {
    return wait(world, wish, "cloud-unreadable", fmt::format("cloud '{}' could not be read", pool->cloud.value),
                ErrorKind::retry);
  }
  if (!world.reading.batch)
    return wait(world, wish, "batch-unreadable", world.reading.batch_why, world.reading.batch_kind);
  const Found found = machines_meant(world, wish);
  if (found.empty()) return not_found(world, wish, *pool);
  if (found.size() > 1) {
    return refuse(
        world, wish, "ambiguous",
        fmt::format("machines '{}' and '{}' both bear it: name one by its ID", found[0]->id.value, found[1]->id.value));
  }
  return adopt(world, wish, *pool, *found.front());
}

}  // namespace tide::core
