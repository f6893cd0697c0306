#include "support_nova.hpp"

#include <tide/cloud/nova/leftovers.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using cloud::UpkeepStep;
using core::Level;
using test::FakeNovaFault;
using test::NovaWorld;

TEST_SUITE_BEGIN("cloud/nova");

namespace {

const std::string k_mark = cloud::nova::port_mark("physics", "head-1", "nectar");

class LeftoverWorld : public NovaWorld {
 public:
  explicit LeftoverWorld(bool volumes = false) {
    fake.set_options([=](test::FakeNovaOptions& options) { options.has_volume_service = volumes; });
  }

  std::string start(const std::string& name, const std::string& disk = "") {
    auto wanted = request(name, "intent-" + name);
    if (!disk.empty()) wanted.options["disk"] = {disk};
    const auto reply = launch(wanted);
    REQUIRE(reply);
    static_cast<void>(cloud->list("physics"));
    static_cast<void>(cloud->list("physics"));
    return reply->instances.front().id.value;
  }

  // It ends, and its port and its volume stay.
  void end_halfway(const std::string& id) {
    fake.set_options([](test::FakeNovaOptions& options) { options.ends_that_leave = 1; });
    REQUIRE(end(id));
    static_cast<void>(cloud->list("physics"));
    static_cast<void>(cloud->list("physics"));
  }

  std::vector<UpkeepStep> look(bool thorough = true, const std::string& owner = "head-1") {
    auto listed = cloud->list("physics").value();
    std::erase_if(listed, [](const auto& one) { return one.state != core::InstanceState::running; });
    return cloud->keep_up({.cluster = "physics", .owner = owner, .running = listed, .thorough = thorough});
  }

  std::string description(const std::string& id) { return fake.server(id).port_description; }

  core::Findings examine() {
    const auto wanted = request("n9", "t9");
    auto findings = cloud->examine({&wanted, 1});
    std::erase_if(findings, [](const core::Finding& finding) { return finding.check != "leftovers"; });
    return findings;
  }
};

}  // namespace

TEST_CASE("leftovers: ports of running machines are marked in a thorough look, once; no other look asks") {
  LeftoverWorld world;
  const std::string id = world.start("n1");
  CHECK(world.look(false).empty());
  CHECK(world.fake.count_calls("GET /ports") == 0);
  CHECK(world.look().empty());
  CHECK(world.description(id) == k_mark);
  CHECK(world.look().empty());
  world.restart();
  CHECK(world.look().empty());
  CHECK(world.fake.server(id).port_revision == 2);
}

TEST_CASE("leftovers: a port whose machine is gone is marked as left, and deleted ten minutes later") {
  LeftoverWorld world;
  const std::string id = world.start("n1");
  world.start("n2");
  world.look();
  world.end_halfway(id);
  CHECK(world.look().empty());
  CHECK(world.description(id) == k_mark + " tide:left");
  world.clock.time += Seconds(599);
  CHECK(world.look().empty());
  CHECK(world.fake.with_port().size() == 2);
  world.clock.time += Seconds(1);
  const auto steps = world.look();
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].verb == "sweep");
  CHECK(!steps[0].error);
  CHECK(steps[0].text.find(id) != std::string::npos);
  REQUIRE(world.fake.with_port().size() == 1);
  CHECK(world.fake.with_port().front().name == "n2");
}

TEST_CASE("leftovers: lists that Neutron cuts into pages are read whole") {
  for (const std::size_t page : {1U, 2U, 3U}) {
    CAPTURE(page);
    LeftoverWorld world;
    world.fake.set_options([=](test::FakeNovaOptions& options) { options.network_page_max = page; });
    std::vector<std::string> ids;
    for (const char* name : {"n1", "n2", "n3", "n4", "n5"}) ids.push_back(world.start(name));
    CHECK(world.look().empty());
    for (const std::string& id : ids) CHECK(world.description(id) == k_mark);
    world.end_halfway(ids[1]);
    world.end_halfway(ids[4]);
    CHECK(world.look().empty());
    world.clock.time += Seconds(600);
    CHECK(world.look().size() == 2);
    CHECK(world.fake.with_port().size() == 3);
  }
}

TEST_CASE("leftovers: ports that bear no mark of ours, or another head's, are never touched") {
  LeftoverWorld world;
  const std::string unmarked = world.start("n1");
  world.end_halfway(unmarked);
  const std::string others = world.start("n2");
  world.look(true, "head-2");
  world.end_halfway(others);
  const std::string named = world.start("n3");
  world.fake.server(named).port_description = "a person's";
  for (int i = 0; i < 4; ++i) {
    world.clock.time += Seconds(600);
    CHECK(world.look().empty());
  }
  CHECK(world.description(named) == "a person's");
  CHECK(world.fake.with_port().size() == 3);
  CHECK(world.fake.count_calls("DELETE /ports/") == 0);
}

TEST_CASE("leftovers: what Nova still knows, cannot tell, or what changed meanwhile is left alone") {
  LeftoverWorld world;
  const std::string id = world.start("n1");
  world.look();
  world.end_halfway(id);
  // A gateway's 404 is not Nova's word, whatever it is written in.
  world.fake.fail({.fault = FakeNovaFault::gateway, .times = 1, .call = "GET /servers/" + id, .status = 404});
  const auto no_route = world.look();
  REQUIRE(no_route.size() == 1);
  REQUIRE(no_route[0].error);
  CHECK(world.description(id) == k_mark);
  world.fake.fail({.fault = FakeNovaFault::html, .times = 1, .call = "GET /servers/" + id});
  const auto unknown = world.look();
  REQUIRE(unknown.size() == 1);
  REQUIRE(unknown[0].error);
  CHECK(world.description(id) == k_mark);
  world.look();
  world.clock.time += Seconds(600);
  // A person takes it between the reading and the call.
  world.fake.fail({.fault = FakeNovaFault::status,
                   .times = 1,
                   .call = "DELETE /ports/9" + id.substr(1),
                   .status = 412,
                   .message = "Constrained to revision_number=3, but current revision is 4"});
  CHECK(world.look().empty());
  CHECK(world.fake.with_port().size() == 1);
  world.fake.server(id).status = "ACTIVE";  // restored: what was marked as left is the machine's again
  world.fake.server(id).task.clear();
  CHECK(world.look().empty());
  CHECK(world.description(id) == k_mark);
}

TEST_CASE("leftovers: what cannot be read marks and sweeps nothing; what is not allowed is silent") {
  LeftoverWorld world;
  world.start("n1");
  world.fake.fail({.fault = FakeNovaFault::html_ok, .times = 1, .call = "GET /ports"});
  const auto steps = world.look();
  REQUIRE(steps.size() == 1);
  REQUIRE(steps[0].error);
  CHECK(to_string(steps[0].error->kind) == to_string(ErrorKind::protocol));
  world.fake.fail({.fault = FakeNovaFault::status,
                   .times = 9,
                   .call = "GET /ports",
                   .status = 403,
                   .message = "rule:get_port is disallowed by policy"});
  CHECK(world.look().empty());
  const auto findings = world.examine();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].level == Level::warn);
  CHECK(findings[0].text.find("ports may not be looked up") != std::string::npos);
}

TEST_CASE("leftovers: volumes that machines booted from are marked, told when they stay, and never deleted") {
  LeftoverWorld world(true);
  const std::string id = world.start("n1", "20GiB");
  world.start("n2", "20GiB");
  world.start("n3");
  REQUIRE(world.fake.volumes().size() == 2);
  CHECK(world.look().empty());
  for (const auto& volume : world.fake.volumes()) {
    CHECK(volume.metadata.at("tide:cluster") == "physics");
    CHECK(volume.metadata.at("tide:owner") == "head-1");
  }
  const auto calls = world.fake.calls().size();
  CHECK(world.look().empty());
  const auto all = world.fake.calls();
  CHECK(std::none_of(all.begin() + static_cast<std::ptrdiff_t>(calls), all.end(),
                     [](const std::string& call) { return call.starts_with("POST /"); }));
  CHECK(world.examine().front().level == Level::ok);
  world.end_halfway(id);
  for (int i = 0; i < 4; ++i) {
    world.clock.time += Seconds(600);
    world.look();
  }
  CHECK(world.fake.volumes().size() == 2);
  const auto finding = world.examine().front();
  CHECK(finding.level == Level::warn);
  CHECK(finding.text.starts_with("1 volume of this cluster has no machine: "));
  CHECK(finding.text.find("(20 GiB)") != std::string::npos);
}

TEST_CASE("leftovers: without a volume service nothing is asked of it, and clouds without networks are fine") {
  LeftoverWorld world;
  world.start("n1", "20GiB");
  CHECK(world.look().empty());
  CHECK(world.examine().size() == 1);  // ports
  world.fake.set_options([](test::FakeNovaOptions& options) { options.has_network_service = false; });
  world.fake.revoke_tokens();
  world.restart();
  for (const UpkeepStep& step : world.look())
    CHECK(step.verb == "attach");  // that pool's floating IPs are another matter
  CHECK(world.examine().empty());
}

TEST_CASE(
    "leftovers: the doctor tells ports whose machine is gone, ours and those of which nothing tells whose they were") {
  LeftoverWorld world;
  const std::string ours = world.start("n1");
  const std::string other = world.start("n2");
  CHECK(world.examine().front().text == "no port of this project is left without its machine");
  world.look();
  world.fake.server(other).port_description.clear();
  world.end_halfway(ours);
  CHECK(world.examine().front().level == Level::ok);
  CHECK(world.examine().front().text.starts_with("1 port of this cluster has no machine, and goes in the next"));
  world.end_halfway(other);
  const auto finding = world.examine().front();
  CHECK(finding.level == Level::warn);
  CHECK(finding.text.starts_with("1 port of this project name machines that are gone"));
  CHECK(finding.hint.find("openstack port delete") != std::string::npos);
}

TEST_CASE("leftovers: replies of Cinder and Nova, whole and hostile") {
  using cloud::nova::parse_ids;
  using cloud::nova::parse_volumes;
  CHECK(parse_volumes(R"({"volumes": []})")->volumes.empty());
  for (const char* body :
       {"", "[]", "7", R"({"volumes": {}})", R"({"volumes": [7]})", R"({"volumes": [{"id": "v"}]})"}) {
    CAPTURE(body);
    CHECK(!parse_volumes(body));
  }
  const auto page = parse_volumes(R"({"volumes": [{"id": "v", "status": "in-use", "size": 20, "metadata": {"a": "b",
      "c": 7}}], "volumes_links": [{"rel": "next", "href": "x"}]})");
  REQUIRE(page);
  CHECK(page->volumes.front() == cloud::nova::Volume{"v", "in-use", "20", {{"a", "b"}}});
  CHECK(page->next_marker == "v");
  CHECK(!parse_ids(R"({"servers": [{}]})"));
  CHECK(!parse_ids("{}"));
  CHECK(parse_ids(R"({"servers": [{"id": "a"}, {"id": "b"}]})")->next_marker.empty());
  CHECK(parse_ids(R"({"servers": [{"id": "a"}], "servers_links": [{"rel": "next"}]})")->next_marker == "a");
}

TEST_SUITE_END();
