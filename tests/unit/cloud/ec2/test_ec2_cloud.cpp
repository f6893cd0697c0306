#include "support_ec2.hpp"

#include <tide/cloud/aws/query_api.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace tide;
using core::InstanceId;
using core::InstanceState;
using test::Ec2World;
using test::FakeFault;

TEST_SUITE_BEGIN("cloud/ec2");

namespace {

const std::map<std::string, std::string> k_ours{{core::tag::k_cluster, "physics"}, {core::tag::k_pool, "small"}};

std::vector<InstanceId> ids_of(const std::vector<core::Instance>& instances) {
  std::vector<InstanceId> ids;
  for (const core::Instance& each : instances) ids.push_back(each.id);
  return ids;
}

}  // namespace

TEST_CASE("Ec2Cloud: what was launched is listed, with names by launch index") {
  Ec2World world;
  const auto reply = world.launch(world.request(3));
  REQUIRE(reply);
  REQUIRE(reply->instances.size() == 3);
  CHECK(world.allow_http);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(reply->instances[i].names.front() == "physics-small-" + std::to_string(1001 + i));
    CHECK(reply->instances[i].cloud.value == "aws");
    CHECK(reply->instances[i].state == InstanceState::pending);
    CHECK_FALSE(reply->instances[i].address.empty());
  }
  CHECK(world.fake.count_calls("CreateTags") == 0);
  const auto listed = world.cloud.list("physics");
  REQUIRE(listed);
  CHECK(ids_of(*listed) == ids_of(reply->instances));
  CHECK(tag_of(listed->front(), core::tag::k_intent) == "0123456789abcdef0123456789abcdef");
  CHECK(world.fake.last_parameters("DescribeInstances").at("MaxResults") == "1000");
}

TEST_CASE("Ec2Cloud: the same token brings the same machines; other words with it are refused") {
  Ec2World world;
  const auto first = world.launch(world.request(2));
  const auto second = world.launch(world.request(2));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(ids_of(first->instances) == ids_of(second->instances));
  CHECK(world.fake.live().size() == 2);
  const auto other = world.launch(world.request(3));
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == ErrorKind::bad_request);
  CHECK(world.fake.live().size() == 2);
}

TEST_CASE("Ec2Cloud: a reply lost after the effect is found again by its token") {
  for (const FakeFault fault : {FakeFault::lost_after, FakeFault::cut_after}) {
    Ec2World world;
    world.fake.fail({.fault = fault, .action = "RunInstances"});
    const auto lost = world.launch(world.request(2));
    REQUIRE_FALSE(lost);
    CHECK((lost.error().kind == ErrorKind::retry || lost.error().kind == ErrorKind::protocol));
    CHECK(world.fake.live().size() == 2);
    REQUIRE(world.launch(world.request(2)));
    CHECK(world.fake.live().size() == 2);
  }
}

TEST_CASE("Ec2Cloud: fewer than asked is no failure, fewer than the minimum launches none") {
  Ec2World world;
  world.fake.set_capacity(2);
  auto wanted = world.request(5);
  wanted.min_count = 3;
  const auto none = world.launch(wanted);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::capacity);
  CHECK(world.fake.live().empty());
  const auto some = world.launch(world.request(5, "00000000000000000000000000000002"));
  REQUIRE(some);
  CHECK(some->instances.size() == 2);
}

TEST_CASE("Ec2Cloud: one result a launch, in order, whatever becomes of the others") {
  Ec2World world;
  std::vector<core::LaunchRequest> wanted{world.request(1, "00000000000000000000000000000001"),
                                          world.request(1, "00000000000000000000000000000002"),
                                          world.request(1, "00000000000000000000000000000003")};
  wanted[1].user_data = std::string(20000, 'x');
  wanted[2].image = "ubuntu";
  const auto replies = world.cloud.launch(wanted);
  REQUIRE(replies.size() == 3);
  REQUIRE(replies[0]);
  CHECK(tag_of(replies[0]->instances.front(), core::tag::k_intent) == "00000000000000000000000000000001");
  CHECK(replies[1].error().kind == ErrorKind::bad_request);
  CHECK(replies[2].error().kind == ErrorKind::bad_request);
  CHECK(world.fake.count_calls("RunInstances") == 2);
}

TEST_CASE("Ec2Cloud: the disk is sized on the image's own root device") {
  Ec2World world;
  auto wanted = world.request(1);
  wanted.options = {{"disk", {"30GiB"}}};
  REQUIRE(world.launch(wanted));
  CHECK(world.fake.last_parameters("RunInstances").at("BlockDeviceMapping.1.DeviceName") == "/dev/xvda");
  wanted.image = "ami-0missing";
  const auto missing = world.launch(wanted);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::bad_request);
  CHECK(world.fake.count_calls("RunInstances") == 1);
}

TEST_CASE("Ec2Cloud: a server that forgets tags at launch gets them at once, names too") {
  Ec2World world;
  world.spoil = [](net::Response& response) {
    const std::size_t begin = response.body.find("<tagSet>");
    if (response.body.find("<RunInstancesResponse") != std::string::npos && begin != std::string::npos) {
      response.body.erase(begin, response.body.find("</tagSet>") + 9 - begin);
    }
  };
  REQUIRE(world.launch(world.request(1)));
  const auto sent = world.fake.last_parameters("CreateTags");
  CHECK(sent.at("ResourceId.1") == world.fake.instances().front().id);
  std::set<std::string> keys;
  for (int i = 1; sent.contains("Tag." + std::to_string(i) + ".Key"); ++i)
    keys.insert(sent.at("Tag." + std::to_string(i) + ".Key"));
  CHECK(keys ==
        std::set<std::string>{"tide:cluster", "tide:intent", "tide:names", "tide:owner", "tide:pool", "tide:template"});

  // And if that is refused, the launch may not count as "was not done".
  world.fake.fail({.fault = FakeFault::code, .action = "CreateTags", .code = "UnauthorizedOperation", .status = 403});
  const auto untagged = world.launch(world.request(1, "00000000000000000000000000000009"));
  REQUIRE_FALSE(untagged);
  CHECK(untagged.error().kind == ErrorKind::retry);
}

TEST_CASE("Ec2Cloud: 2500 machines are listed to the end, and ended in exactly 3 calls") {
  Ec2World world;
  world.fake.add_running(2500, k_ours);
  const auto listed = world.cloud.list("physics");
  REQUIRE(listed);
  CHECK(listed->size() == 2500);
  CHECK(world.fake.count_calls("DescribeInstances") == 3);
  CHECK(std::ranges::is_sorted(*listed, {}, &core::Instance::id));
  const auto ids = ids_of(*listed);
  for (const auto& ended : world.cloud.terminate(ids)) REQUIRE(ended);
  CHECK(world.fake.count_calls("TerminateInstances") == 3);
  CHECK(world.fake.live().empty());
}

TEST_CASE("Ec2Cloud: 4000 machines start in exactly 8 calls and end in exactly 4") {
  Ec2World world;
  std::vector<core::LaunchRequest> requests;
  for (int i = 0; i < 8; ++i)
    requests.push_back(world.request(world.cloud.limits().launch_max, "token-" + std::to_string(i)));
  std::vector<core::InstanceId> ids;
  for (const auto& reply : world.cloud.launch(requests)) {
    REQUIRE(reply);
    for (const auto& instance : reply->instances) ids.push_back(instance.id);
  }
  CHECK(ids.size() == 4000);
  for (const auto& result : world.cloud.terminate(ids)) REQUIRE(result);
  CHECK(world.cloud.calls() == std::map<std::string, int>{{"RunInstances", 8}, {"TerminateInstances", 4}});
  CHECK(world.fake.live().empty());
}

TEST_CASE("Ec2Cloud: paging at one machine a page, and others' machines are left out") {
  Ec2World world;
  world.fake.set_options([](test::FakeEc2Options& options) { options.page_max = 1; });
  world.fake.add_running(3, k_ours);
  world.fake.add_running(2, {{core::tag::k_cluster, "physics2"}});
  const auto listed = world.cloud.list("physics");
  REQUIRE(listed);
  CHECK(listed->size() == 3);
  CHECK(world.cloud.list("nobody").value().empty());
  CHECK(world.cloud.list("phys*").value().empty());
}

TEST_CASE("Ec2Cloud: a server that does not filter shows nobody else's machines") {
  Ec2World world;
  world.fake.add_running(1, {{core::tag::k_cluster, "other"}});
  world.spoil = [](net::Response& response) {
    const std::size_t at = response.body.find("<value>other</value>");
    if (at != std::string::npos) response.body.replace(at, 20, "<value>third</value>");
  };
  CHECK(world.cloud.list("other").value().empty());
}

TEST_CASE("Ec2Cloud: a NextToken that comes again is an error, and a page that fails spoils the list") {
  Ec2World world;
  world.fake.set_options([](test::FakeEc2Options& options) { options.page_max = 1; });
  world.fake.add_running(3, k_ours);
  std::string first_token;
  world.spoil = [&](net::Response& response) {
    const std::size_t at = response.body.find("<nextToken>");
    if (at == std::string::npos) return;
    const std::size_t end = response.body.find("</nextToken>");
    if (first_token.empty()) first_token = response.body.substr(at, end - at);
    response.body.replace(at, end - at, first_token);
  };
  const auto circle = world.cloud.list("physics");
  REQUIRE_FALSE(circle);
  CHECK(circle.error().kind == ErrorKind::protocol);
  CHECK(world.fake.count_calls("DescribeInstances") == 2);

  int pages = 0;
  world.spoil = [&](net::Response& response) {
    if (++pages == 3) response.body.resize(response.body.size() / 2);
  };
  const auto cut = world.cloud.list("physics");
  REQUIRE_FALSE(cut);
  CHECK(cut.error().kind == ErrorKind::protocol);
  CHECK(cut.error().message.find("cloud 'aws' answered DescribeInstances") == 0);
}

TEST_CASE("Ec2Cloud: failures keep their class on the way through") {
  struct Case {
    FakeFault fault;
    const char* code;
    int status;
    ErrorKind kind;
  };
  for (const Case& each :
       {Case{FakeFault::code, "RequestLimitExceeded", 503, ErrorKind::throttled},
        Case{FakeFault::code, "InsufficientInstanceCapacity", 500, ErrorKind::capacity},
        Case{FakeFault::code, "VcpuLimitExceeded", 400, ErrorKind::quota},
        Case{FakeFault::code, "UnauthorizedOperation", 403, ErrorKind::auth},
        Case{FakeFault::code, "InternalError", 500, ErrorKind::retry}, Case{FakeFault::lost, "", 0, ErrorKind::retry},
        Case{FakeFault::html, "", 0, ErrorKind::retry}, Case{FakeFault::html_ok, "", 0, ErrorKind::protocol}}) {
    Ec2World world;
    CAPTURE(each.code);
    world.fake.fail(
        {.fault = each.fault, .times = 1, .action = "", .code = each.code, .status = each.status, .retry_after = 9});
    const auto launched = world.launch(world.request(1));
    REQUIRE_FALSE(launched);
    CHECK(launched.error().kind == each.kind);
    CHECK_FALSE(launched.error().hint.empty());
    CHECK(launched.error().retry_after_seconds == (each.fault == FakeFault::code ? 9 : 0));
    CHECK(world.fake.live().empty());
  }
}

TEST_CASE("Ec2Cloud: a wrong secret is of kind auth, and the hint says where it came from") {
  Ec2World world("another/secret");
  const auto listed = world.cloud.list("physics");
  REQUIRE_FALSE(listed);
  CHECK(listed.error().kind == ErrorKind::auth);
  CHECK(listed.error().hint.find("AWS_ACCESS_KEY_ID") != std::string::npos);
}

TEST_CASE("Ec2Cloud: unknown IDs count as gone, and keep no other from ending") {
  Ec2World world;
  world.fake.add_running(5, k_ours);
  auto ids = ids_of(world.cloud.list("physics").value());
  ids.insert(ids.begin() + 2, InstanceId{"i-0000000000deadbee"});
  ids.push_back(InstanceId{"i-0000000000deadbef"});
  ids.push_back(ids.front());
  const auto ended = world.cloud.terminate(ids);
  REQUIRE(ended.size() == ids.size());
  for (const auto& each : ended) CHECK(each);
  CHECK(world.fake.live().empty());
  CHECK(world.fake.count_calls("TerminateInstances") == 2);
  for (const auto& each : world.cloud.terminate(ids)) CHECK(each);
}

TEST_CASE("Ec2Cloud: a bad ID and a protected machine stand alone in the end") {
  Ec2World world;
  world.fake.add_running(20, k_ours);
  auto ids = ids_of(world.cloud.list("physics").value());
  world.fake.instance(ids[7].value).is_protected = true;
  ids.insert(ids.begin() + 13, InstanceId{"wn-7"});
  const auto ended = world.cloud.terminate(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    CAPTURE(ids[i].value);
    CHECK(ended[i].has_value() == (i != 7 && i != 13));
  }
  CHECK(ended[7].error().kind == ErrorKind::refused);
  CHECK(ended[13].error().kind == ErrorKind::bad_request);
  CHECK(world.fake.live().size() == 1);
  CHECK(world.cloud.terminate({}).empty());
}

TEST_CASE("Ec2Cloud: an answer that leaves an ID out is no proof that it ends") {
  Ec2World world;
  world.fake.add_running(2, k_ours);
  const auto ids = ids_of(world.cloud.list("physics").value());
  world.spoil = [&](net::Response& response) {
    const std::size_t at = response.body.find("<instanceId>" + ids[1].value);
    if (at != std::string::npos) response.body.replace(at + 12, ids[1].value.size(), "i-other");
  };
  const auto ended = world.cloud.terminate(ids);
  CHECK(ended[0]);
  REQUIRE_FALSE(ended[1]);
  CHECK(ended[1].error().kind == ErrorKind::protocol);
}

TEST_CASE("Ec2Cloud: a throttled batch is told for each of its IDs") {
  Ec2World world;
  world.fake.add_running(3, k_ours);
  const auto ids = ids_of(world.cloud.list("physics").value());
  world.fake.fail({.fault = FakeFault::code, .action = "TerminateInstances"});
  for (const auto& each : world.cloud.terminate(ids)) {
    REQUIRE_FALSE(each);
    CHECK(each.error().kind == ErrorKind::throttled);
  }
  CHECK(world.fake.count_calls("TerminateInstances") == 1);
}

TEST_CASE("Ec2Cloud: the address is the one that the pool chooses") {
  Ec2World world;
  world.fake.add_running(1, {{core::tag::k_cluster, "physics"}, {core::tag::k_pool, "open"}});
  world.fake.add_running(1, {{core::tag::k_cluster, "physics"}, {core::tag::k_pool, "forgotten"}});
  world.spoil = [](net::Response& response) {
    const std::size_t at = response.body.find("<privateIpAddress>");
    response.body.insert(at, "<ipAddress>198.51.100.7</ipAddress>");
  };
  const auto listed = world.cloud.list("physics");
  REQUIRE(listed);
  CHECK((*listed)[0].address == "198.51.100.7");
  CHECK((*listed)[1].address.starts_with("10."));
}

TEST_CASE("Ec2Cloud: console and types") {
  Ec2World world;
  const auto launched = world.launch(world.request(1));
  REQUIRE(launched);
  const InstanceId id = launched->instances.front().id;
  CHECK(world.cloud.console(id).value().empty());
  REQUIRE(world.cloud.list("physics"));
  REQUIRE(world.cloud.list("physics"));
  CHECK(world.cloud.console(id).value() == "console of " + id.value + "\n");
  CHECK(world.cloud.console({"i-0000000000deadbee"}).error().kind == ErrorKind::eventual);

  const std::vector<std::string> names{"g5.xlarge", "no.such", "c5.large"};
  const auto types = world.cloud.types(names);
  REQUIRE(types);
  REQUIRE(types->size() == 2);
  CHECK((*types)[0].name == "c5.large");
  CHECK((*types)[1].gpus == core::Gpus{{"a10g", 1}});
  CHECK(world.cloud.types({}).value().empty());
}

TEST_CASE("Ec2Cloud: tokens, 500 machines a launch, 1000 IDs an end") {
  Ec2World world;
  CHECK(world.cloud.limits() == core::CloudTraits{.has_launch_tokens = true,
                                                  .launch_max = 500,
                                                  .terminate_max = 1000,
                                                  .can_stop = true,
                                                  .tells_types = true,
                                                  .has_health = true,
                                                  .has_notices = true,
                                                  .has_spot_prices = true});
}
