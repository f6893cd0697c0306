#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/name_hosts");

namespace {

using Table = std::vector<core::HostEntry>;

Snapshot with_table(Snapshot world, Table table) {
  world.now.hosts = std::optional(std::move(table));
  return world;
}

std::optional<Table> written(const core::Plan& plan) {
  for (const auto& planned : plan.actions) {
    if (const auto* hosts = std::get_if<core::WriteHosts>(&planned.action)) return hosts->entries;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("names: every live machine of ours with an address, and nothing else") {
  auto world = with_table(snapshot().worker("i-1", "n1").machine("i-2", "n2"), {{{"printer-of-old"}, "10.9.9.9"}});
  world.stranger("lab7");
  CHECK(written(world.plan()) == Table{{{"n1"}, "10.0.0.1"}, {{"n2"}, "10.0.0.2"}});
}

TEST_CASE("names: nothing to write where the table says so already, or where names are not tide's") {
  CHECK_FALSE(written(with_table(snapshot().worker("i-1", "n1"), {{{"n1"}, "10.0.0.1"}}).plan()));
  CHECK_FALSE(written(snapshot().worker("i-1", "n1").plan()));
}

TEST_CASE("names: an address that changed is written again") {
  CHECK(written(with_table(snapshot().worker("i-1", "n1"), {{{"n1"}, "10.0.0.77"}}).plan()) ==
        Table{{{"n1"}, "10.0.0.1"}});
}

TEST_CASE("names: of a machine whose cloud is unreadable, the name stays") {
  auto world = with_table(snapshot().worker("i-1", "n1"), {{{"n1"}, "10.0.0.1"}});
  world.unreadable("aws");
  CHECK_FALSE(written(world.plan()));
}

TEST_CASE("names: those of placeholders stay, and all of them while the nodes cannot be read") {
  const Table both{{{"n1"}, "10.0.0.1"}, {{"p-placeholder"}, "127.254.0.1"}};
  auto world = with_table(snapshot().worker("i-1", "n1"), both);
  world.stranger("p-placeholder").node([](core::Node& node) { node.placeholder = true; });
  CHECK_FALSE(written(world.plan()));
  world.node_missing();
  CHECK(written(world.plan()) == Table{{{"n1"}, "10.0.0.1"}});
  world.now.nodes = make_error(ErrorKind::batch, "pbsnodes hangs");
  CHECK_FALSE(written(world.plan()));
}

TEST_CASE("names: a table that cannot be read is told, and no node is added by a name that may not resolve") {
  auto world = snapshot().machine("i-1", "n1");
  world.memory().nodes.at({"n1"}).made = false;
  world.now.batch.entries = core::NodeEntries::with_address;
  world.now.hosts = make_error(ErrorKind::config, "'/etc/hosts' has tide's first mark twice");
  const auto plan = world.plan();
  CHECK(actions(plan).empty());
  REQUIRE(plan.alarms.size() == 1);
  CHECK(plan.alarms[0].reason.rule == "names-unreadable");
  CHECK(declined(plan) == Lines{"n1: names-unreadable"});
}

TEST_CASE("names: before the nodes that need them") {
  auto world = with_table(snapshot().machine("i-1", "n1"), {});
  world.memory().nodes.at({"n1"}).made = false;
  world.now.batch.entries = core::NodeEntries::with_address;
  CHECK(actions(world.plan()) == Lines{"hosts : names", "add n1: address"});
}
