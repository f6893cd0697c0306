#include "support_nova.hpp"

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace tide;
using core::InstanceState;
using test::FakeNovaFault;
using test::NovaWorld;
using Json = nlohmann::json;

TEST_SUITE_BEGIN("cloud/nova");

namespace {

Json sent(NovaWorld& world) { return Json::parse(world.fake.requests("POST /servers").back().body); }

}  // namespace

TEST_CASE("NovaCloud: what was launched is listed, by its name and metadata") {
  NovaWorld world;
  const auto reply = world.launch(NovaWorld::request("physics-small-0001", "i1"));
  REQUIRE(reply);
  REQUIRE(reply->instances.size() == 1);
  CHECK(reply->instances.front().state == InstanceState::pending);
  const auto listed = world.cloud->list("physics");
  REQUIRE(listed);
  REQUIRE(listed->size() == 1);
  const core::Instance& one = listed->front();
  CHECK(one.id == reply->instances.front().id);
  CHECK(one.cloud.value == "nectar");
  CHECK(one.names == std::vector<std::string>{"physics-small-0001"});
  CHECK(tag_of(one, core::tag::k_intent) == "i1");
  CHECK(one.type == "m1.small");
  CHECK(one.zone == "nova");
  CHECK(one.address.starts_with("10.0."));
  CHECK(one.launched_at == world.clock.time);
  CHECK(world.cloud->list("physics")->front().state == InstanceState::running);
  CHECK(world.cloud->list("other")->empty());
}

TEST_CASE("NovaCloud: one POST asks for all; none is sent twice by the transport") {
  NovaWorld world;
  auto wanted = NovaWorld::request("n1", "i1");
  wanted.zone = "gpu";
  wanted.options = {{"key", {"k"}},
                    {"security_groups", {"a", "b"}},
                    {"server_group", {"mpi"}},
                    {"config_drive", {"true"}},
                    {"networks", {"private"}},
                    {"disk", {"1500MiB"}}};
  REQUIRE(world.launch(wanted));
  const Json body = sent(world);
  const Json& server = body["server"];
  CHECK(server["name"] == "n1");
  CHECK(server["metadata"]["tide:cluster"] == "physics");
  CHECK(server["metadata"]["tide:intent"] == "i1");
  CHECK(server["tags"] == Json{"tide:physics"});
  CHECK(server["user_data"] == "IyEvYmluL3NoCmVjaG8gaGkK");
  CHECK(server["key_name"] == "k");
  CHECK(server["availability_zone"] == "gpu");
  CHECK(server["config_drive"] == true);
  CHECK(server["security_groups"] == Json::parse(R"([{"name":"a"},{"name":"b"}])"));
  CHECK(server["networks"].size() == 1);
  CHECK_FALSE(server.contains("imageRef"));
  CHECK(server["block_device_mapping_v2"][0]["volume_size"] == 2);
  CHECK(server["block_device_mapping_v2"][0]["delete_on_termination"] == true);
  CHECK(body["os:scheduler_hints"]["group"] == "00000000-0000-4000-8000-000000000309");
  CHECK(world.fake.requests("POST /servers").back().once);
}

TEST_CASE("NovaCloud: networks: the only one, none, several, by name, and a cloud without the service") {
  NovaWorld world;
  REQUIRE(world.launch(NovaWorld::request("n1", "i1")));
  CHECK(sent(world)["server"]["networks"].size() == 1);

  NovaWorld none;
  none.fake.set_options([](auto& options) { options.networks = {"public"}; });  // external: not for machines
  REQUIRE(none.launch(NovaWorld::request("n1", "i1")));
  CHECK(sent(none)["server"]["networks"] == "none");

  NovaWorld several;
  several.fake.set_options([](auto& options) { options.networks = {"blue", "red"}; });
  const auto refused = several.launch(NovaWorld::request("n1", "i1"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::config);
  CHECK(refused.error().hint.find("blue, red") != std::string::npos);
  auto named = NovaWorld::request("n1", "i1");
  named.options = {{"networks", {"red", "blue"}}};
  REQUIRE(several.launch(named));
  CHECK(sent(several)["server"]["networks"].size() == 2);
  named.options = {{"networks", {"rod"}}};
  const auto unknown = several.launch(named);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::config);

  NovaWorld without;
  without.fake.set_options([](auto& options) { options.has_network_service = false; });
  REQUIRE(without.launch(NovaWorld::request("n1", "i1")));
  CHECK(sent(without)["server"]["networks"] == "auto");
}

TEST_CASE("NovaCloud: names that are not there are told before any call that spends money") {
  NovaWorld world;
  auto wanted = NovaWorld::request("n1", "i1");
  wanted.types = {"m1.smell"};
  const auto flavor = world.launch(wanted);
  REQUIRE_FALSE(flavor);
  CHECK(flavor.error().kind == ErrorKind::config);
  CHECK(flavor.error().hint == "Did you mean 'm1.small'?");
  wanted = NovaWorld::request("n1", "i1");
  wanted.image = "centos";
  const auto image = world.launch(wanted);
  REQUIRE_FALSE(image);
  CHECK(image.error().kind == ErrorKind::config);
  CHECK(world.fake.count_calls("POST /servers") == 0);
}

TEST_CASE("NovaCloud: every microversion from 2.1 on lists, creates and deletes") {
  for (int minor = 1; minor <= 95; ++minor) {
    CAPTURE(minor);
    NovaWorld world;
    world.fake.set_options([&](auto& options) {
      options.newest = "2." + std::to_string(minor);
      options.networks = {};
      options.unversioned = minor % 2 == 0;
    });
    const auto reply = world.launch(NovaWorld::request("n1", "i1"));
    REQUIRE(reply);
    const auto listed = world.cloud->list("physics");
    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().type == "m1.small");
    CHECK(sent(world)["server"].contains("tags") == (minor >= 52));
    CHECK(sent(world)["server"].contains("networks") == (minor >= 37));
    REQUIRE(world.end(listed->front().id.value));
    CHECK(world.fake.live().empty());
  }
}

TEST_CASE("NovaCloud: pages are read to the end, whatever the links say") {
  for (const std::size_t page : {1U, 7U, 100U}) {
    NovaWorld world;
    world.fake.set_options([&](auto& options) { options.page_max = page; });
    world.fake.add_running(40, {{"tide:cluster", "physics"}});
    world.fake.add_running(3, {{"tide:cluster", "other"}});
    const auto listed = world.cloud->list("physics");
    REQUIRE(listed);
    CHECK(listed->size() == 40);
    CHECK(std::ranges::is_sorted(*listed, {}, &core::Instance::id));
  }
}

TEST_CASE("NovaCloud: a silent cell makes the list unreadable, not shorter") {
  NovaWorld world;
  world.fake.add_running(2, {{"tide:cluster", "physics"}});
  world.fake.set_options([](auto& options) { options.cells_down = 1; });
  const auto listed = world.cloud->list("physics");
  REQUIRE_FALSE(listed);
  CHECK(listed.error().kind == ErrorKind::retry);
  CHECK(listed.error().message.find("cell") != std::string::npos);
}

TEST_CASE("NovaCloud: a list that fails or is cut is an error, never fewer machines") {
  for (const FakeNovaFault fault :
       {FakeNovaFault::status, FakeNovaFault::lost, FakeNovaFault::cut_after, FakeNovaFault::html}) {
    for (const char* call : {"GET /servers/detail", "GET /servers", "GET /limits"}) {
      NovaWorld world;
      world.fake.add_running(2, {{"tide:cluster", "physics"}});
      world.fake.fail({.fault = fault, .call = call});
      const auto listed = world.cloud->list("physics");
      REQUIRE_FALSE(listed);
      CHECK((listed.error().kind == ErrorKind::retry || listed.error().kind == ErrorKind::protocol));
      CHECK_FALSE(listed.error().hint.empty());
    }
  }
}

TEST_CASE("NovaCloud: a launch whose outcome is not known says so; one that was refused too") {
  const std::pair<FakeNovaFault, bool> k_unclear[]{{FakeNovaFault::done_500, true},
                                                   {FakeNovaFault::lost, false},
                                                   {FakeNovaFault::lost_after, true},
                                                   {FakeNovaFault::cut_after, true},
                                                   {FakeNovaFault::html, false}};
  for (const auto& [fault, done] : k_unclear) {
    NovaWorld world;
    world.fake.fail({.fault = fault, .call = "POST /servers"});
    const auto reply = world.launch(NovaWorld::request("n1", "i1"));
    REQUIRE_FALSE(reply);
    CHECK((reply.error().kind == ErrorKind::retry || reply.error().kind == ErrorKind::protocol));
    CHECK(world.fake.count_calls("POST /servers") == 1);
    CHECK(world.fake.live().size() == (done ? 1 : 0));
  }
  NovaWorld throttled;
  throttled.fake.fail(
      {.call = "POST /servers", .status = 429, .message = "This request was rate-limited.", .retry_after = 7});
  const auto reply = throttled.launch(NovaWorld::request("n1", "i1"));
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == ErrorKind::throttled);
  CHECK(reply.error().retry_after_seconds == 7);
}

TEST_CASE("NovaCloud: a quota is known before, and refused when it is full") {
  NovaWorld world;
  world.fake.add_running(3, {});
  world.fake.set_options([](auto& options) { options.quota_machines = 4; });
  REQUIRE(world.cloud->list("physics"));
  CHECK(world.cloud->limits().machines_left == 1);
  CHECK_FALSE(world.cloud->limits().cores_left);
  REQUIRE(world.launch(NovaWorld::request("n1", "i1")));
  const auto full = world.launch(NovaWorld::request("n2", "i2"));
  REQUIRE_FALSE(full);
  CHECK(full.error().kind == ErrorKind::quota);
  CHECK(full.error().context.front().find("already used 4 of 4") != std::string::npos);
}

TEST_CASE("NovaCloud: ERROR is a failed machine with the cloud's words and their class") {
  NovaWorld world;
  world.fake.set_capacity(0);
  REQUIRE(world.launch(NovaWorld::request("n1", "i1")));
  const auto listed = world.cloud->list("physics");
  REQUIRE(listed);
  CHECK(listed->front().state == InstanceState::failed);
  CHECK(listed->front().fault == "No valid host was found.");
  CHECK(listed->front().fault_kind == ErrorKind::capacity);
}

TEST_CASE("NovaCloud: to end what is gone is success; what is locked is told") {
  NovaWorld world;
  world.fake.add_running(2, {{"tide:cluster", "physics"}});
  const auto machines = world.fake.live();
  world.fake.server(machines[0].id).locked = true;
  const std::vector<core::InstanceId> ids{{machines[0].id}, {"00000000-0000-4000-8000-0000000fffff"}, {machines[1].id}};
  const auto results = world.cloud->terminate(ids);
  REQUIRE(results.size() == 3);
  REQUIRE_FALSE(results[0]);
  CHECK(results[0].error().kind == ErrorKind::bad_request);
  CHECK(results[0].error().hint.find("unlock") != std::string::npos);
  CHECK(results[1]);
  CHECK(results[2]);
  REQUIRE(world.cloud->list("physics"));
  CHECK(world.cloud->list("physics")->size() == 1);
}

TEST_CASE("NovaCloud: a 404 without Nova's words does not mean gone") {
  NovaWorld world;
  world.fake.fail({.fault = FakeNovaFault::html, .call = "DELETE /servers/x"});
  CHECK_FALSE(world.end("x"));
  world.fake.fail({.fault = FakeNovaFault::gateway, .call = "DELETE /servers/x", .status = 404});
  const auto gateway = world.end("x");
  REQUIRE_FALSE(gateway);
  CHECK(gateway.error().kind == ErrorKind::eventual);
  CHECK(world.end("x"));
}

TEST_CASE("NovaCloud: a gateway's 404 is neither a machine that is gone nor a key that was taken off") {
  NovaWorld world;
  world.fake.add_running(1, {{"tide:cluster", "physics"}});
  const std::string id = world.fake.live().front().id;
  const std::string missing = "00000000-0000-4000-8000-0000000fffff";
  CHECK(world.cloud->find(std::vector<std::string>{missing})->empty());
  world.fake.fail({.fault = FakeNovaFault::gateway, .call = "GET /servers/" + missing, .status = 404});
  CHECK_FALSE(world.cloud->find(std::vector<std::string>{missing}));
  CHECK(world.cloud->retag({id}, {.set = {}, .remove = {"none"}}));
  world.fake.fail({.fault = FakeNovaFault::gateway, .call = "DELETE /servers/" + id + "/metadata/none", .status = 404});
  CHECK_FALSE(world.cloud->retag({id}, {.set = {}, .remove = {"none"}}));
  CHECK(world.cloud->retag({missing}, {.set = {{"a", "b"}}, .remove = {}}).error().kind == ErrorKind::not_found);
  world.fake.fail({.fault = FakeNovaFault::gateway, .call = "POST /servers/" + id + "/metadata", .status = 404});
  CHECK(world.cloud->retag({id}, {.set = {{"a", "b"}}, .remove = {}}).error().kind == ErrorKind::eventual);
}

TEST_CASE("NovaCloud: a Nova that was rolled back is asked for its microversion anew in the next pass") {
  NovaWorld world;
  REQUIRE(world.cloud->list("physics"));
  CHECK(world.fake.count_calls("GET /") == 1);
  world.fake.set_options([](auto& options) { options.newest = "2.60"; });
  const auto refused = world.cloud->list("physics");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::bad_request);
  REQUIRE(world.cloud->list("physics"));
  REQUIRE(world.cloud->list("physics"));
  CHECK(world.fake.count_calls("GET /") == 2);
  world.fake.set_options([](auto& options) { options.newest = "2.53"; });
  CHECK_FALSE(world.launch(NovaWorld::request("n1", "i1")));
  CHECK(world.cloud->list("physics"));  // no pass is lost where a launch was the first to see it
  CHECK(world.launch(NovaWorld::request("n1", "i1")));
}

TEST_CASE("NovaCloud: console and flavors") {
  NovaWorld world;
  world.fake.add_running(1, {{"tide:cluster", "physics"}});
  CHECK(world.cloud->console({world.fake.live().front().id}).value() == "FAKE CONSOLE OUTPUT\nANOTHER\nLAST LINE");
  const auto missing = world.cloud->console({"00000000-0000-4000-8000-0000000fffff"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::eventual);
  const std::vector<std::string> names{"m1.large", "no.such"};
  const auto types = world.cloud->types(names);
  REQUIRE(types);
  REQUIRE(types->size() == 1);
  CHECK(types->front() == cloud::InstanceType{.name = "m1.large", .slots = 4, .memory_mib = 8192, .gpus = {}});
}

TEST_CASE("NovaCloud: sizes that Nova would refuse are told without a call") {
  NovaWorld world;
  auto wanted = NovaWorld::request("n1", "i1");
  wanted.user_data = std::string(49'152, 'x');
  CHECK(world.launch(wanted).error().kind == ErrorKind::bad_request);
  wanted.user_data = std::string(49'149, 'x');
  CHECK(world.launch(wanted));
  wanted.tags["tide:pool"] = std::string(256, 'x');
  CHECK(world.launch(wanted).error().kind == ErrorKind::bad_request);
  CHECK(world.fake.count_calls("POST /servers") == 1);
}

TEST_SUITE_END();
