#include "support_ec2.hpp"

#include <tide/cloud/ec2/health.hpp>
#include <tide/cloud/ec2/prices.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::cloud::ec2;
using core::HealthQuestion;
using test::Ec2World;
using test::recording;

TEST_SUITE_BEGIN("cloud/ec2/health");

namespace {

const std::map<std::string, std::string> k_ours{{core::tag::k_cluster, "physics"}};

std::string status(const std::string& inside) {
  return "<DescribeInstanceStatusResponse><instanceStatusSet><item>" + inside +
         "</item></instanceStatusSet></DescribeInstanceStatusResponse>";
}
std::string event(const std::string& code, const std::string& description = "x",
                  const std::string& at = "2026-12-01T00:00:00.000Z") {
  return "<item><code>" + code + "</code><description>" + description + "</description><notBefore>" + at +
         "</notBefore></item>";
}
template <typename Parse>
void refuses(const Parse& parse, const std::string& text) {
  CAPTURE(text.substr(0, 100));
  const auto read = parse(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::protocol);
}
// Machines of ours that run, all of the fake's choosing.
Ec2World& fill(Ec2World& world, int count) {
  world.fake.add_running(count, k_ours);
  return world;
}
std::string id_of(const Ec2World& world, std::size_t number) { return world.fake.instances().at(number).id; }

}  // namespace

TEST_CASE("parse_instance_status: healthy machines of a real reply are no rows") {
  const std::string whole = recording("DescribeInstanceStatus.xml");
  const auto page = parse_instance_status(whole);
  REQUIRE(page);
  CHECK(*page == HealthPage{});
  refuses(parse_instance_status, whole.substr(0, whole.size() / 2));
  refuses(parse_instance_status, "");
  refuses(parse_instance_status, recording("DescribeInstances-ids.xml"));
  refuses(parse_instance_status, recording("DescribeInstances-bad-token.xml"));
  refuses(parse_instance_status, "<DescribeInstanceStatusResponse/>");
}

TEST_CASE("parse_instance_status: which check fails and since when; events that are done or called off are none") {
  const auto one = [](const std::string& inside) {
    const auto page = parse_instance_status(status("<instanceId>i-1</instanceId>" + inside));
    REQUIRE(page);
    return page->rows.empty() ? core::Health{} : page->rows.front();
  };
  CHECK(one("<systemStatus><status>impaired</status><details><item><name>reachability</name><status>failed</status>"
            "<impairedSince>2026-11-25T11:00:00.000Z</impairedSince></item></details></systemStatus>")
            .impaired == "system check 'reachability' fails since 2026-11-25T11:00:00.000Z");
  CHECK(one("<instanceStatus><status>impaired</status></instanceStatus>").impaired == "instance check is impaired");
  for (const char* word : {"ok", "initializing", "insufficient-data", "not-applicable"})
    CHECK(one(std::string("<systemStatus><status>") + word + "</status></systemStatus>").id.empty());
  const auto planned = one("<eventsSet>" + event("system-reboot") + event("instance-retirement") +
                           event("instance-reboot") + "</eventsSet>");
  CHECK(planned.event == "instance-retirement");
  CHECK(planned.event_at == parse_time("2026-12-01T00:00:00Z").value());
  CHECK(one("<eventsSet>" + event("instance-stop", "[Completed] done") + "</eventsSet>").id.empty());
  CHECK(one("<eventsSet>" + event("instance-stop", "[Canceled] no") + "</eventsSet>").id.empty());
  refuses(parse_instance_status, status("<instanceId>i-1</instanceId><eventsSet>" + event("") + "</eventsSet>"));
  refuses(parse_instance_status,
          status("<instanceId>i-1</instanceId><eventsSet>" + event("x", "x", "soon") + "</eventsSet>"));
  refuses(parse_instance_status, status("<systemStatus><status>impaired</status></systemStatus>"));
}

TEST_CASE("parse_spot_requests: fulfilled requests of a real reply are no rows, marked ones are") {
  const std::string whole = recording("DescribeSpotInstanceRequests.xml");
  const auto page = parse_spot_requests(whole);
  REQUIRE(page);
  CHECK(page->rows.empty());
  std::string marked = whole;
  marked.replace(marked.find("<code>fulfilled"), 15, "<code>marked-for-termination");
  const auto one = parse_spot_requests(marked);
  REQUIRE(one);
  REQUIRE(one->rows.size() == 1);
  CHECK(one->rows[0].id.value == "i-07c2f59156c848077");
  CHECK(one->rows[0].interrupted.starts_with("marked-for-termination"));
  refuses(parse_spot_requests, whole.substr(0, whole.size() - 5));
  refuses(parse_spot_requests, recording("DescribeInstanceStatus.xml"));
  refuses(parse_spot_requests, "<DescribeSpotInstanceRequestsResponse/>");
}

TEST_CASE("Ec2Cloud: health checks by three filtered questions, to the last page") {
  Ec2World world;
  fill(world, 7);
  world.fake.set_options([](test::FakeEc2Options& options) { options.page_max = 2; });
  for (std::size_t i = 0; i < 5; ++i) world.fake.instance(id_of(world, i)).impaired = "system";
  world.fake.instance(id_of(world, 5)).impaired = "instance";
  world.fake.instance(id_of(world, 6)).event = "instance-retirement";
  const auto health = world.cloud.health(HealthQuestion::checks);
  REQUIRE(health);
  CHECK(health->size() == 7);
  CHECK(std::ranges::is_sorted(*health, {}, &core::Health::id));
  CHECK(health->at(5).impaired.starts_with("instance check 'reachability' fails since"));
  CHECK(health->at(6).event == "instance-retirement");
  CHECK(health->at(6).event_at == parse_time("2026-11-26T12:00:00Z").value());
  CHECK(world.fake.count_calls("DescribeInstanceStatus") == 5);
  CHECK_FALSE(world.fake.last_parameters("DescribeInstanceStatus").contains("IncludeAllInstances"));
}

TEST_CASE("Ec2Cloud: a region of healthy machines answers its three questions with nothing") {
  Ec2World world;
  fill(world, 3);
  CHECK(world.cloud.health(HealthQuestion::checks).value().empty());
  CHECK(world.fake.count_calls("DescribeInstanceStatus") == 3);
  CHECK(world.cloud.health(HealthQuestion::notices).value().empty());
  CHECK(world.fake.count_calls("DescribeSpotInstanceRequests") == 1);
}

TEST_CASE("Ec2Cloud: one part that cannot be read makes the health unreadable, never healthy") {
  for (const auto fault : {test::FakeFault::lost, test::FakeFault::html_ok, test::FakeFault::cut_after}) {
    Ec2World world;
    fill(world, 1);
    world.fake.instance(id_of(world, 0)).impaired = "system";
    world.fake.fail({.fault = fault, .times = 1, .action = "DescribeInstanceStatus"});
    CHECK_FALSE(world.cloud.health(HealthQuestion::checks));
  }
  Ec2World world;
  world.fake.fail({.times = 9, .action = "DescribeInstanceStatus", .code = "UnauthorizedOperation", .status = 403});
  const auto denied = world.cloud.health(HealthQuestion::checks);
  REQUIRE_FALSE(denied);
  CHECK(denied.error().kind == ErrorKind::auth);
}

TEST_CASE("Ec2Cloud: spot machines that are marked for their end") {
  Ec2World world;
  auto wanted = world.request(2);
  wanted.market = core::Market::spot;
  REQUIRE(world.launch(wanted));
  world.fake.instance(id_of(world, 1)).notice = "marked-for-termination";
  const auto health = world.cloud.health(HealthQuestion::notices);
  REQUIRE(health);
  REQUIRE(health->size() == 1);
  CHECK(health->front().id.value == id_of(world, 1));
  CHECK(health->front().interrupted == "marked-for-termination: as the test asked");
}

TEST_CASE("Ec2Cloud: a spot machine that EC2 took back says so in the listing") {
  Ec2World world;
  fill(world, 2);
  auto& taken = world.fake.instance(id_of(world, 0));
  taken.state = "terminated";
  taken.reason = "Server.SpotInstanceTermination";
  world.fake.instance(id_of(world, 1)).state = "terminated";
  const auto listed = world.cloud.list("physics");
  REQUIRE(listed);
  CHECK(listed->at(0).interrupted.starts_with("Server.SpotInstanceTermination"));
  CHECK(listed->at(1).interrupted.empty());
}

TEST_CASE("Ec2Cloud: a protected machine stands alone, is refused with what to do, and the rest ends") {
  Ec2World world;
  fill(world, 5);
  world.fake.instance(id_of(world, 3)).is_protected = true;
  std::vector<core::InstanceId> ids;
  for (std::size_t i = 0; i < 5; ++i) ids.push_back({id_of(world, i)});
  const auto results = world.cloud.terminate(ids);
  for (std::size_t i = 0; i < 5; ++i) CHECK(results[i].has_value() == (i != 3));
  CHECK(results[3].error().kind == ErrorKind::refused);
  CHECK(results[3].error().message.find(ids[3].value) != std::string::npos);
  CHECK(results[3].error().hint.find("--no-disable-api-termination") != std::string::npos);
  CHECK(world.fake.live().size() == 1);
}

TEST_CASE("parse_spot_price_history: a real reply; amounts to the micro-dollar, rounded up") {
  const std::string whole = recording("DescribeSpotPriceHistory.xml");
  const auto page = parse_spot_price_history(whole);
  REQUIRE(page);
  REQUIRE_FALSE(page->rows.empty());
  CHECK(page->rows[0].price == core::SpotPrice{.type = "c5.large", .zone = "us-east-1a", .micros = 10});
  refuses(parse_spot_price_history, whole.substr(0, whole.size() / 2));
  refuses(parse_spot_price_history, recording("DescribeInstanceStatus.xml"));
  const auto with = [&](const std::string& amount) {
    std::string text = whole;
    text.replace(text.find("0.00001"), 7, amount);
    return text;
  };
  CHECK(parse_spot_price_history(with("0.0321000")).value().rows[0].price.micros == 32'100);
  CHECK(parse_spot_price_history(with("0.03210049")).value().rows[0].price.micros == 32'101);
  for (const char* bad : {"", "free", "-1", "1e3", "0,04"}) refuses(parse_spot_price_history, with(bad));
}

TEST_CASE("Ec2Cloud: spot prices of the types asked for, as of now") {
  Ec2World world;
  world.fake.set_spot_price("c5.large", "eu-central-1b", "0.0412");
  world.fake.set_spot_price("c5.large", "eu-central-1a", "0.0388");
  world.fake.set_spot_price("g5.xlarge", "eu-central-1a", "0.5");
  const std::vector<std::string> types{"c5.large"};
  const auto prices = world.cloud.spot_prices(types);
  REQUIRE(prices);
  CHECK(*prices ==
        std::vector<core::SpotPrice>{{"c5.large", "eu-central-1a", 38'800}, {"c5.large", "eu-central-1b", 41'200}});
  CHECK(world.fake.last_parameters("DescribeSpotPriceHistory").at("StartTime") == "2026-11-25T12:00:00Z");
}
TEST_SUITE_END();
