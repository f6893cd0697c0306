#include <tide/engine/observe.hpp>

#include <tide/core/age_clock.hpp>
#include <tide/core/ask_health.hpp>
#include <tide/core/limits.hpp>
#include <tide/core/sizes.hpp>
#include <tide/core/strangers.hpp>
#include <tide/core/suspect_listings.hpp>

#include <algorithm>

namespace tide::engine {

namespace {

template <typename T>
Result<T> named(Result<T> reading, const char* what) {
  if (reading) return reading;
  return std::move(reading.error()).with_context(fmt::format("while reading {}", what));
}

bool knows_requests(const core::Memory& memory, const core::CloudName& cloud) {
  return std::ranges::any_of(memory.intents, [&](const auto& entry) {
    return entry.second.request.cloud == cloud && entry.second.request.valid_until;
  });
}

// What types offer, asked only where a pool leaves it to its cloud and memory does not know it.
void look_up_types(Ports& ports, const core::Settings& settings, core::Snapshot& snapshot) {
  for (const auto& [name, cloud] : ports.clouds) {
    if (!snapshot.clouds.at(name).tells_types || !snapshot.instances.at(name)) continue;
    const auto wanted = core::types_to_look_up(settings, snapshot.memory, name, snapshot.age);
    if (!wanted.empty()) snapshot.types.emplace(name, named(cloud->types(wanted), "what its types offer"));
  }
}

// What depends on what was just read: most passes ask nothing here.
void look_closer(Ports& ports, const core::Settings& settings, core::Snapshot& snapshot) {
  for (const auto& [name, cloud] : ports.clouds) {
    if (core::asks_health(snapshot, name, core::HealthQuestion::checks))
      snapshot.checks.emplace(name, named(cloud->health(core::HealthQuestion::checks), "the health checks"));
    if (core::asks_health(snapshot, name, core::HealthQuestion::notices))
      snapshot.notices.emplace(name, named(cloud->health(core::HealthQuestion::notices), "the notices"));
    const std::vector<std::string> types = core::asks_prices(snapshot, settings, name);
    if (!types.empty()) snapshot.prices.emplace(name, named(cloud->spot_prices(types), "the spot prices"));
    if (core::asks_reservations(snapshot, settings, name))
      snapshot.reservations.emplace(name, named(cloud->reservations(settings.cluster), "the reservations"));
  }
}

// What a person would have adopted bears no tag of ours yet: it is asked for by name, in the cloud of its pool. That it
// cannot be asked for makes the cloud unreadable: what is not known to be there is not to be decided upon.
void look_for_strangers(Ports& ports, const core::Settings& settings, core::Snapshot& snapshot) {
  for (const auto& [id, wish] : snapshot.memory.wishes) {
    const auto pool = settings.pools.find(wish.pool);
    if (wish.kind != core::WishKind::adopt || pool == settings.pools.end()) continue;
    const auto cloud = ports.clouds.find(pool->second.cloud);
    if (cloud == ports.clouds.end() || !snapshot.instances.at(cloud->first)) continue;
    auto found = cloud->second->find(core::words_of(wish, snapshot));
    auto& listed = snapshot.instances.at(cloud->first);
    if (!found) {
      listed = named(std::move(found), "the machine to adopt");
      continue;
    }
    for (core::Instance& one : *found) {
      const auto place = std::ranges::lower_bound(*listed, one.id, {}, &core::Instance::id);
      if (place == listed->end() || place->id != one.id) listed->insert(place, std::move(one));
    }
  }
}

}  // namespace

core::Snapshot look(Ports& ports, const core::Settings& settings, core::Memory memory, bool all_job_ids) {
  if (ports.begin_pass) ports.begin_pass(core::k_pass_deadline);
  core::Snapshot snapshot;
  snapshot.taken_at = ports.clock.now();
  memory.head = ports.head;
  memory.clock = core::advance(memory.clock, snapshot.taken_at, ports.clock.boot(), settings.scale.boot_deadline);
  snapshot.age = memory.clock.age;
  snapshot.memory = std::move(memory);
  // Clouds before nodes, so that a machine is known before its node shows; jobs before nodes, so that a job that starts
  // in between still shows as slots in use, and one that ends in between only as a job: busy, either way.
  for (const auto& [name, cloud] : ports.clouds) {
    if (knows_requests(snapshot.memory, name)) cloud->look_for_requests();
    snapshot.instances.emplace(name, named(cloud->list(settings.cluster), "the list of machines"));
    snapshot.clouds.emplace(name, cloud->limits());  // what is left of a quota is known once it was listed
  }
  look_up_types(ports, settings, snapshot);
  snapshot.server = named(ports.batch.server(), "who answers for the batch system");
  snapshot.batch = ports.batch.traits();  // some are known once the server has answered
  if (snapshot.server) {
    snapshot.jobs = named(ports.batch.jobs(all_job_ids), "the jobs");
    snapshot.nodes = named(ports.batch.nodes(), "the nodes");
  } else {
    snapshot.jobs = snapshot.server.error();
    snapshot.nodes = snapshot.server.error();
  }
  core::suspect_listings(snapshot);
  look_for_strangers(ports, settings, snapshot);
  look_closer(ports, settings, snapshot);
  if (ports.names != nullptr) {
    auto hosts = named(ports.names->read(), "the table of node names");
    if (hosts) {
      snapshot.hosts = std::optional(std::move(*hosts));
    } else {
      snapshot.hosts = std::move(hosts.error());
    }
  }
  return snapshot;
}

Result<core::Snapshot> observe(Ports& ports, const core::Settings& settings, bool all_job_ids, const core::Wish* wish) {
  TIDE_TRY_ASSIGN(core::Memory memory, ports.store.load());
  if (wish != nullptr) memory.wishes.emplace(wish->id, *wish);
  return look(ports, settings, std::move(memory), all_job_ids);
}

}  // namespace tide::engine
