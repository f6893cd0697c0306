#include "support_nova.hpp"

#include <tide/cloud/nova/floating.hpp>

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

using namespace tide;
using cloud::UpkeepStep;
using test::FakeNovaFault;
using test::NovaWorld;

TEST_SUITE_BEGIN("cloud/nova");

namespace {

// A project with a network of its own and an external one; the pool 'open' wants addresses of that.
class FloatingWorld : public NovaWorld {
 public:
  FloatingWorld() {
    fake.set_options([](test::FakeNovaOptions& options) { options.networks = {"private", "public"}; });
  }

  core::InstanceId start(const std::string& name, const std::string& pool = "open") {
    auto wanted = request(name, "intent-" + name);
    wanted.pool = {pool};
    wanted.tags[core::tag::k_pool] = pool;
    if (pool == "open") wanted.options["floating_network"] = {"public"};
    const auto reply = launch(wanted);
    REQUIRE(reply);
    return reply->instances.front().id;
  }

  // A pass: list, then keep up what runs.
  std::vector<UpkeepStep> keep_up(const std::string& owner = "head-1") {
    listed = cloud->list("physics").value();
    std::erase_if(listed, [](const auto& one) { return one.state != core::InstanceState::running; });
    return cloud->keep_up({.cluster = "physics", .owner = owner, .running = listed});
  }

  void settle() {
    static_cast<void>(cloud->list("physics"));
    static_cast<void>(cloud->list("physics"));
  }

  std::vector<core::Instance> listed;
};

const std::string k_ours = cloud::nova::floating_description("physics", "head-1");

}  // namespace

TEST_CASE("FloatingIps: each machine of a pool that wants one gets one, made and attached in one call, once") {
  FloatingWorld world;
  const auto one = world.start("n1");
  world.start("n2");
  world.start("plain", "small");
  world.settle();
  const auto steps = world.keep_up();
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].verb == "attach");
  CHECK(!steps[0].error);
  CHECK(steps[0].text.starts_with("floating IP 203.0."));
  CHECK(world.fake.floating().size() == 2);
  CHECK(world.fake.floating()[0].description == k_ours);
  CHECK(world.keep_up().empty());
  world.restart();
  CHECK(world.keep_up().empty());
  CHECK(world.fake.count_calls("POST /floatingips") == 2);
  const auto shown = std::ranges::find(world.listed, one, &core::Instance::id);
  REQUIRE(shown != world.listed.end());
  CHECK(shown->address.starts_with("203.0."));
}

TEST_CASE("FloatingIps: lists that Neutron cuts into pages are read whole; one that goes in a circle is an error") {
  FloatingWorld world;
  world.fake.set_options([](test::FakeNovaOptions& options) { options.network_page_max = 2; });
  for (const char* name : {"n1", "n2", "n3", "n4", "n5"}) world.start(name);
  world.settle();
  CHECK(world.keep_up().size() == 5);
  world.restart();
  CHECK(world.keep_up().empty());
  CHECK(world.fake.floating().size() == 5);
  world.fake.set_options([](test::FakeNovaOptions& options) { options.network_ignores_marker = true; });
  const auto steps = world.keep_up();
  REQUIRE(steps.size() == 1);
  REQUIRE(steps[0].error);
  CHECK(steps[0].error->message.find("in a circle") != std::string::npos);
  world.fake.set_options([](test::FakeNovaOptions& options) { options.network_page_max = 0; });
  const auto nowhere = world.keep_up();
  REQUIRE(nowhere.size() == 1);
  REQUIRE(nowhere[0].error);
  CHECK(nowhere[0].error->message.find("no last item") != std::string::npos);
}

TEST_CASE("FloatingIps: clouds without such a pool are not asked") {
  FloatingWorld world;
  world.start("plain", "small");
  world.settle();
  CHECK(world.keep_up().empty());
  CHECK(world.fake.count_calls("GET /ports") == 0);
}

TEST_CASE("FloatingIps: an answer that is lost after it was done makes no second one") {
  for (const FakeNovaFault fault : {FakeNovaFault::lost_after, FakeNovaFault::done_500, FakeNovaFault::cut_after}) {
    FloatingWorld world;
    world.start("n1");
    world.settle();
    world.fake.fail({.fault = fault, .call = "POST /floatingips"});
    const auto steps = world.keep_up();
    REQUIRE(steps.size() == 1);
    REQUIRE(steps[0].error);
    CHECK(!steps[0].error->hint.empty());
    CHECK(world.keep_up().empty());
    CHECK(world.fake.floating().size() == 1);
  }
}

TEST_CASE("FloatingIps: a free one of ours is used again, another's is not") {
  FloatingWorld world;
  const std::string network = world.fake.add_floating({.description = "somebody's"}).network;
  CHECK(network.empty());
  const auto id = world.start("n1");
  world.settle();
  REQUIRE(world.keep_up().size() == 1);
  REQUIRE(world.end(id.value));
  world.settle();
  world.start("n2");
  world.settle();
  const auto steps = world.keep_up();
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].subject == "n2");
  CHECK(steps[0].text.ends_with("which was free"));
  CHECK(world.fake.floating().size() == 2);
  CHECK(world.fake.count_calls("DELETE /floatingips/") == 0);
}

TEST_CASE("FloatingIps: what no machine has any more is given back a minute later") {
  FloatingWorld world;
  world.fake.add_floating({.description = "somebody's"});
  world.fake.add_floating({.description = cloud::nova::floating_description("physics", "head-2")});
  const auto id = world.start("n1");
  world.settle();
  REQUIRE(world.keep_up().size() == 1);
  REQUIRE(world.end(id.value));
  world.settle();
  CHECK(world.keep_up().empty());
  world.clock.time += Seconds(61);
  const auto steps = world.keep_up();
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].verb == "release");
  CHECK(!steps[0].error);
  const auto left = world.fake.floating();
  REQUIRE(left.size() == 2);
  for (const auto& ip : left) CHECK(ip.description != k_ours);
}

TEST_CASE("FloatingIps: refusals have their class and say what to do") {
  struct Row {
    int status;
    const char* message;
    ErrorKind kind;
    const char* hint;
  };
  for (const Row& row : {Row{409, "Quota exceeded for resources: ['floatingip'].", ErrorKind::quota, "quota"},
                         Row{409, "No more IP addresses available on network X.", ErrorKind::capacity, "addresses"},
                         Row{404,
                             "External network X is not reachable from subnet Y.  Therefore, cannot associate Port Z "
                             "with a Floating IP.",
                             ErrorKind::config, "router"},
                         Row{403, "rule:create_floatingip is disallowed by policy", ErrorKind::auth, "roles"},
                         Row{503, "busy", ErrorKind::retry, "next pass"}}) {
    FloatingWorld world;
    world.start("n1");
    world.settle();
    world.fake.fail(
        {.fault = FakeNovaFault::status, .call = "POST /floatingips", .status = row.status, .message = row.message});
    const auto steps = world.keep_up();
    REQUIRE(steps.size() == 1);
    REQUIRE(steps[0].error);
    CHECK(to_string(steps[0].error->kind) == to_string(row.kind));
    CHECK_MESSAGE(steps[0].error->hint.find(row.hint) != std::string::npos, steps[0].error->hint);
  }
}

TEST_CASE("FloatingIps: what cannot be read attaches and releases nothing") {
  FloatingWorld world;
  world.start("n1");
  world.settle();
  for (const char* call : {"GET /floatingips", "GET /ports"}) {
    world.fake.fail({.fault = FakeNovaFault::html_ok, .call = call});
    const auto steps = world.keep_up();
    REQUIRE(steps.size() == 1);
    REQUIRE(steps[0].error);
    CHECK(to_string(steps[0].error->kind) == to_string(ErrorKind::protocol));
    CHECK(world.fake.floating().empty());
  }
}

TEST_CASE("FloatingIps: a network that is not there is told before a machine is launched") {
  FloatingWorld world;
  auto wanted = NovaWorld::request("n1", "i1");
  wanted.options["floating_network"] = {"publc"};
  const auto reply = world.launch(wanted);
  REQUIRE(!reply);
  CHECK(to_string(reply.error().kind) == to_string(ErrorKind::config));
  CHECK(reply.error().message.find("floating_network = 'publc'") != std::string::npos);
  CHECK(world.fake.live().empty());
}

TEST_CASE("FloatingIps: replies of Neutron, whole and hostile") {
  using cloud::nova::parse_floating_ips;
  using cloud::nova::parse_ports;
  CHECK(parse_floating_ips(R"({"floatingips": []})")->empty());
  CHECK(!parse_floating_ips(""));
  CHECK(!parse_floating_ips("[]"));
  CHECK(!parse_floating_ips(R"({"floatingips": {}})"));
  CHECK(!parse_floating_ips(R"({"floatingips": [7]})"));
  CHECK(!parse_floating_ips(R"({"floatingips": [{"id": "f"}]})"));
  const auto one = parse_floating_ips(R"({"floatingips": [{"id": "f", "port_id": null, "port_details": null,
      "floating_ip_address": "203.0.113.7", "floating_network_id": "n", "description": "d", "revision_number": 3,
      "updated_at": "2026-11-26T12:00:00Z"}]})");
  REQUIRE(one);
  CHECK(one->front().port.empty());
  CHECK(one->front().revision == 3);
  CHECK(one->front().changed == parse_time("2026-11-26T12:00:00Z").value());
  const auto ports = parse_ports(R"({"ports": [{"id": "p", "device_id": "s", "fixed_ips": [{"ip_address": "fd00::1"},
      {"ip_address": "10.0.0.3"}]}]})");
  REQUIRE(ports);
  CHECK(ports->front().address == "10.0.0.3");
  CHECK(!parse_ports(R"({"ports": [{}]})"));
}
