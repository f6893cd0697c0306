#pragma once

#include "tests/support/builders.hpp"

#include <tide/core/template_digest.hpp>

// Worlds whose pool "small" keeps some machines stopped.
namespace tide::test {

inline Snapshot keeping(int machines = 2) {
  Snapshot world = snapshot();
  world.pool("small", [&](core::Pool& pool) { pool.keep_stopped = machines; });
  world.now.clouds.at({"aws"}).can_stop = true;
  return world;
}

// As it was launched from the pool as it is.
inline Snapshot& of_template(Snapshot& world) {
  const core::Pool& pool = world.settings.pools.at({"small"});
  world.instance().tags[core::tag::k_template] = core::template_digest(world.settings, pool);
  return world;
}

inline Snapshot& drained(Snapshot& world, const std::string& id, const std::string& name,
                         const std::string& rule = "idle") {
  world.worker(id, name).draining(rule);
  return of_template(world);
}

// Stopped an hour ago, its node out of the batch system.
inline Snapshot& stopped(Snapshot& world, const std::string& id, const std::string& name, Seconds since = 3600s) {
  world.worker(id, name).state(core::InstanceState::stopped);
  world.row([&](core::Machine& row) {
    row.ending = Snapshot::before(since + 10s);
    row.told_to_end = row.ending;
    row.stops = true;
    row.stopped = Snapshot::before(since);
    row.registered.reset();
    row.ready.reset();
  });
  world.memory().nodes.erase({name});
  world.node_missing();
  return of_template(world);
}

}  // namespace tide::test
