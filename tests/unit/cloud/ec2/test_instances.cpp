#include "support_ec2.hpp"

#include <tide/cloud/ec2/instances.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::ec2;
using test::recording;

TEST_SUITE_BEGIN("cloud/ec2/instances");

namespace {

std::string page_of(const std::string& items, const std::string& after = "") {
  return "<DescribeInstancesResponse><reservationSet><item><instancesSet>" + items +
         "</instancesSet></item></reservationSet>" + after + "</DescribeInstancesResponse>";
}

std::string item_of(const std::string& more) {
  return "<item><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState>"
         "<launchTime>2026-11-20T02:58:18.000Z</launchTime>" +
         more + "</item>";
}

core::Instance only(const std::string& xml) {
  const auto page = parse_describe_instances(xml);
  REQUIRE(page);
  REQUIRE(page->listed.size() == 1);
  return page->listed.front().instance;
}

std::string names_tag(const std::string& list) {
  return "<tagSet><item><key>tide:names</key><value>" + list + "</value></item></tagSet>";
}

}  // namespace

TEST_CASE("parse_describe_instances: a real page") {
  const auto page = parse_describe_instances(recording("DescribeInstances-page1.xml"));
  REQUIRE(page);
  CHECK(page->next_token == "r-c9271443c6d0163e2");
  REQUIRE(page->listed.size() == 10);
  const Listed& first = page->listed.front();
  CHECK(first.instance.id.value == "i-0b0448826d2962ce0");
  CHECK(first.instance.state == core::InstanceState::running);
  CHECK(first.instance.type == "c5.large");
  CHECK(first.instance.zone == "us-east-1a");
  CHECK(first.instance.market == core::Market::on_demand);
  CHECK(format_time(first.instance.launched_at) == "2026-11-20T02:58:18Z");
  CHECK(first.instance.names ==
        std::vector<std::string>{"ip-172-31-0-4.ec2.internal", "ec2-54-214-70-233.compute-1.amazonaws.com"});
  CHECK(first.instance.tags == std::map<std::string, std::string>{{"cluster", "c1"}, {"Name", "node & <1>"}});
  CHECK(first.instance.addresses == std::vector<std::string>{"172.31.0.4", "54.214.70.233"});
  CHECK(first.private_address == "172.31.0.4");
  CHECK(first.public_address == "54.214.70.233");
  CHECK(first.instance.fault.empty());
}

TEST_CASE("parse_describe_instances: a terminated one is gone, with the reason") {
  const auto page = parse_describe_instances(recording("DescribeInstances-terminated.xml"));
  REQUIRE(page);
  REQUIRE(page->listed.size() == 3);
  CHECK(page->listed[0].instance.state == core::InstanceState::gone);
  CHECK(page->listed[0].instance.fault == "Client.UserInitiatedShutdown: User initiated shutdown");
  CHECK(page->listed[0].instance.tags.at("empty").empty());
  CHECK(page->listed[2].instance.state == core::InstanceState::running);
}

TEST_CASE("parse_describe_instances: no machines is a fact only if the document says so") {
  const auto none = parse_describe_instances(
      "<DescribeInstancesResponse><requestId>r</requestId><reservationSet/></DescribeInstancesResponse>");
  REQUIRE(none);
  CHECK(none->listed.empty());
  CHECK(none->next_token.empty());
  const auto missing =
      parse_describe_instances("<DescribeInstancesResponse><requestId>r</requestId></DescribeInstancesResponse>");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::protocol);
}

TEST_CASE("parse_describe_instances: cut anywhere it is unreadable") {
  const std::string whole = recording("DescribeInstances-ids.xml");
  REQUIRE(parse_describe_instances(whole));
  for (std::size_t size = 0; size < whole.size(); size += 37) {
    CAPTURE(size);
    const auto cut = parse_describe_instances(whole.substr(0, size));
    REQUIRE_FALSE(cut);
    CHECK(cut.error().kind == ErrorKind::protocol);
  }
}

TEST_CASE("parse_describe_instances: another document is unreadable") {
  for (const std::string& text :
       {recording("DescribeInstances-bad-token.xml"), recording("RunInstances.xml"), recording("auth-wrong-secret.xml"),
        std::string("<html></html>"), std::string("{}"), std::string("<DescribeInstancesResult/>")}) {
    CAPTURE(text.substr(0, 60));
    const auto page = parse_describe_instances(text);
    REQUIRE_FALSE(page);
    CHECK(page.error().kind == ErrorKind::protocol);
  }
}

TEST_CASE("parse_describe_instances: one machine without ID, state or time spoils the page") {
  for (const char* item :
       {"<item><instanceState><name>running</name></instanceState><launchTime>2026-11-20T02:58:18Z</launchTime></item>",
        "<item><instanceId>i-1</instanceId><launchTime>2026-11-20T02:58:18Z</launchTime></item>",
        "<item><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState></item>",
        "<item><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState><launchTime>soon</"
        "launchTime></item>"}) {
    CAPTURE(item);
    const auto page = parse_describe_instances(page_of(item_of("") + item));
    REQUIRE_FALSE(page);
    CHECK(page.error().kind == ErrorKind::protocol);
  }
}

TEST_CASE("parse_describe_instances: every state has a word") {
  const std::vector<std::pair<std::string, core::InstanceState>> states{
      {"pending", core::InstanceState::pending},        {"running", core::InstanceState::running},
      {"shutting-down", core::InstanceState::stopping}, {"stopping", core::InstanceState::stopping},
      {"stopped", core::InstanceState::stopped},        {"terminated", core::InstanceState::gone},
      {"dreaming", core::InstanceState::unknown}};
  for (const auto& [word, state] : states) {
    CAPTURE(word);
    CHECK(only(page_of("<item><instanceId>i-1</instanceId><instanceState><name>" + word +
                       "</name></instanceState><launchTime>2026-11-20T02:58:18Z</launchTime></item>"))
              .state == state);
  }
}

TEST_CASE("parse_describe_instances: the name is that of the launch index in the list as written") {
  const auto name = [](const std::string& index, const std::string& list) {
    const std::string element = index.empty() ? "" : "<amiLaunchIndex>" + index + "</amiLaunchIndex>";
    const auto names = only(page_of(item_of(element + names_tag(list)))).names;
    return names.empty() ? std::string() : names.front();
  };
  CHECK(name("0", "n-[0101-0140]") == "n-0101");
  CHECK(name("39", "n-[0101-0140]") == "n-0140");
  CHECK(name("1", "n-[3,1,2]") == "n-1");
  CHECK(name("40", "n-[0101-0140]").empty());
  CHECK(name("-1", "n-[1-2]").empty());
  CHECK(name("99999999999999999999", "n-[1-2]").empty());
  CHECK(name("", "n-[1-2]").empty());
  CHECK(name("", "n-7") == "n-7");
  CHECK(name("3", "n-7") == "n-7");  // no launch of ours: it was adopted
  CHECK(name("0", "n-[1-999999999]").empty());
  CHECK(name("0", "n-[1-").empty());
}

TEST_CASE("parse_describe_instances: hostile text stays text, a prefixed namespace is read") {
  const auto instance =
      only(page_of(item_of("<tagSet><item><key>a</key><value><![CDATA[</item>]]>&#x1b;[31m</value></item></tagSet>"
                           "<privateDnsName>None</privateDnsName>")));
  CHECK(instance.tags.at("a") == "</item>\x1b[31m");
  CHECK(instance.names.empty());
  const std::string bomb =
      "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>" + page_of(item_of(names_tag("&b;")));
  const auto kept = parse_describe_instances(bomb);
  REQUIRE(kept);
  CHECK(kept->listed.front().instance.tags.at("tide:names") == "&b;");
  const auto prefixed = parse_describe_instances(
      "<e:DescribeInstancesResponse "
      "xmlns:e='x'><e:reservationSet><e:item><e:instancesSet><e:item><e:instanceId>i-1</e:instanceId><e:instanceState>"
      "<e:name>pending</e:name></e:instanceState><e:launchTime>2026-11-20T02:58:18Z</e:launchTime></e:item></"
      "e:instancesSet></e:item>"
      "</e:reservationSet></e:DescribeInstancesResponse>");
  REQUIRE(prefixed);
  CHECK(prefixed->listed.size() == 1);
}

TEST_CASE("parse_describe_instances: IPv6 of the machine or of its cards") {
  const auto page = parse_describe_instances(
      page_of(item_of("<networkInterfaceSet><item><privateIpAddress>10.0.0.9</"
                      "privateIpAddress><ipv6AddressesSet><item><ipv6Address>2001:db8::7</ipv6Address>"
                      "</item></ipv6AddressesSet></item></networkInterfaceSet>")));
  REQUIRE(page);
  CHECK(page->listed.front().ipv6_address == "2001:db8::7");
  CHECK(page->listed.front().instance.addresses == std::vector<std::string>{"10.0.0.9", "2001:db8::7"});
}

TEST_CASE("parse_run_instances: a real launch, on demand and spot") {
  const auto plain = parse_run_instances(recording("RunInstances.xml"));
  REQUIRE(plain);
  REQUIRE(plain->size() == 3);
  CHECK((*plain)[2].instance.launch_index == 2);
  CHECK((*plain)[2].instance.state == core::InstanceState::pending);
  const auto spot = parse_run_instances(recording("RunInstances-spot.xml"));
  REQUIRE(spot);
  REQUIRE(spot->size() == 2);
  CHECK((*spot)[0].instance.market == core::Market::spot);
}

TEST_CASE("parse_run_instances: what names no machine is unreadable, for the launch may have been done") {
  const std::string whole = recording("RunInstances.xml");
  for (const std::string& text :
       {whole.substr(0, whole.size() / 2), std::string("<RunInstancesResponse/>"), std::string(),
        std::string("<RunInstancesResponse><instancesSet/></RunInstancesResponse>"),
        recording("RunInstances-dryrun.xml")}) {
    CAPTURE(text.substr(0, 60));
    const auto started = parse_run_instances(text);
    REQUIRE_FALSE(started);
    CHECK(started.error().kind == ErrorKind::protocol);
  }
}
