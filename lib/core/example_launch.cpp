#include <tide/core/example_launch.hpp>

#include <tide/core/plan.hpp>

#include <algorithm>
#include <limits>

namespace tide::core {

Result<LaunchRequest> example_launch(Settings settings, const PoolName& pool, const HeadId& head,
                                     const std::map<CloudName, CloudTraits>& clouds) {
  settings.scale.max_nodes = std::numeric_limits<int>::max();
  settings.money = {};
  Pool& meant = settings.pools.at(pool);
  const std::string max_price = meant.max_price;
  meant.max = 0;
  meant.max_price.clear();  // no price was read
  meant.slots = std::max(meant.slots, 1);
  Snapshot snapshot;
  snapshot.taken_at = TimePoint{Seconds{1}};
  snapshot.clouds = clouds;
  for (const auto& [name, traits] : clouds) snapshot.instances.emplace(name, std::vector<Instance>{});
  snapshot.memory.head = head;
  const WishId wish{"example"};
  snapshot.memory.wishes.emplace(wish, Wish{.id = wish, .kind = WishKind::launch, .pool = pool, .count = 1});
  const Plan plan = core::plan(snapshot, settings, {.everything = false, .wish = wish});
  for (const PlannedAction& action : plan.actions) {
    const auto* launch = std::get_if<Launch>(&action.action);
    if (launch == nullptr) continue;
    LaunchRequest request = launch->request;
    request.intent = {wish.value};
    request.max_price = max_price;
    request.types = meant.types;  // all that may be asked for
    return request;
  }
  std::string why = "nothing was planned";
  for (const Declined& declined : plan.declined) why = declined.reason.text;
  return make_error(ErrorKind::config, "[pools.{}] cannot be launched: {}", pool.value, why);
}

}  // namespace tide::core
