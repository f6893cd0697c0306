// ec2-tool ENDPOINT REGION VERB ...: the EC2 adapter at the shell, without retries, for tests against real servers.
//   launch TOKEN COUNT MIN [POOL-KEY=VALUE...]   list   list-requests (spot requests too)   terminate ID...   console
//   ID   types NAME...
// Prints a line a result; a failure as "error KIND: MESSAGE", its context and its hint. Exit 1 if anything failed.
#include "tests/support/cloud_tool.hpp"
#include "tests/support/environment.hpp"

#include <tide/cloud/aws/credential_chain.hpp>
#include <tide/cloud/ec2/ec2_cloud.hpp>
#include <tide/core/enum_names.hpp>
#include <tide/net/curl_transport.hpp>
#include <tide/process/posix_runner.hpp>
#include <tide/util/system_clock.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace tide;
using test::tell;
using test::Words;
constexpr const char* k_cluster = "physics";

void show(const core::Instance& each) {
  const std::string name = each.names.empty() ? "-" : each.names.front();
  std::printf("%s %s %s %s %s %s owner=%s intent=%s\n", each.id.value.c_str(),
              std::string(to_string(each.state)).c_str(), name.c_str(), each.type.c_str(),
              std::string(to_string(each.market)).c_str(), each.address.empty() ? "-" : each.address.c_str(),
              std::string(tag_of(each, core::tag::k_owner)).c_str(),
              std::string(tag_of(each, core::tag::k_intent)).c_str());
}

core::LaunchRequest request_of(const Words& words) {
  core::LaunchRequest request{.intent = {words.at(0)}, .cloud = {"aws"}, .pool = {"small"}};
  request.count = static_cast<int>(parse_integer(words.at(1)).value_or(0));
  request.min_count = static_cast<int>(parse_integer(words.at(2)).value_or(0));
  request.types = {"c5.large"};
  request.image = "ami-12c6146b";
  request.user_data = "#!/bin/sh\necho 'a & b = c + d %20 é'\n";
  for (int i = 0; i < request.count; ++i) request.names.push_back("small-" + std::to_string(1001 + i));
  request.tags = {{core::tag::k_cluster, k_cluster},
                  {core::tag::k_owner, "head+1 / é"},
                  {core::tag::k_pool, "small"},
                  {core::tag::k_intent, words.at(0)}};
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string key = words[i].substr(0, equals);
    const std::string value = words[i].substr(equals + 1);
    if (key == "image") {
      request.image = value;
    } else if (key == "market") {
      request.market = core::Market::spot;
    } else {
      request.options[key] = {value};
    }
  }
  return request;
}

int health(cloud::Cloud& cloud, core::HealthQuestion question) {
  const auto found = cloud.health(question);
  if (!found) return tell(found.error());
  std::printf("%zu machines\n", found->size());
  return 0;
}

int prices(cloud::Cloud& cloud, const Words& words) {
  const auto found = cloud.spot_prices(words);
  if (!found) return tell(found.error());
  for (const core::SpotPrice& each : *found)
    std::printf("%s %s %lld\n", each.type.c_str(), each.zone.c_str(), static_cast<long long>(each.micros));
  return 0;
}

int start(cloud::Cloud& cloud, const Words& words) {
  core::LaunchRequest request{.cloud = cloud.name(), .count = static_cast<int>(words.size())};
  for (const std::string& word : words) request.restart.push_back({word});
  const auto reply = cloud.launch({&request, 1}).front();
  if (!reply) return tell(reply.error());
  for (const core::Instance& instance : reply->instances) std::printf("%s started\n", instance.id.value.c_str());
  return 0;
}

int run(cloud::Cloud& cloud, const std::string& verb, const Words& words) {
  if (verb == "launch" && words.size() >= 3) {
    const core::LaunchRequest request = request_of(words);
    return test::launch(cloud, {&request, 1}, show);
  }
  if (verb == "list") return test::list(cloud, k_cluster, show);
  if (verb == "list-requests") {
    cloud.look_for_requests();
    return test::list(cloud, k_cluster, show);
  }
  if (verb == "terminate" && !words.empty()) return test::terminate(cloud, words);
  if (verb == "stop" && !words.empty()) return test::stop(cloud, words);
  if (verb == "start" && !words.empty()) return start(cloud, words);
  if (verb == "console" && words.size() == 1) return test::console(cloud, words[0]);
  if (verb == "types" && !words.empty()) return test::types(cloud, words);
  if (verb == "checks") return health(cloud, core::HealthQuestion::checks);
  if (verb == "notices") return health(cloud, core::HealthQuestion::notices);
  if (verb == "prices" && !words.empty()) return prices(cloud, words);
  std::fprintf(stderr,
               "ec2-tool: usage: ENDPOINT REGION launch TOKEN COUNT MIN [KEY=VALUE...] | list | list-requests | "
               "terminate ID... | stop ID... | start ID... | "
               "console ID | types NAME... | checks | notices | prices TYPE...\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const Words words(argv + 1, argv + argc);
  if (words.size() < 3) {
    std::fprintf(stderr, "ec2-tool: usage: ENDPOINT REGION VERB ...\n");
    return 2;
  }
  const auto transport = net::CurlTransport::make();
  SystemClock clock;
  const cloud::ec2::Ec2Cloud::Options options{
      .service = {.cloud = "aws", .name = "ec2", .region = words[1], .endpoint = words[0], .version = "2016-11-15"},
      .address_of_pool = {{"small", "private"}}};
  SystemRandom random;
  process::PosixRunner runner(clock);
  cloud::aws::CredentialOptions from;
  from.cloud = "aws";
  from.region = words[1];
  const auto credentials = std::make_shared<cloud::aws::CredentialChain>(
      from, test::whole_environment(), cloud::aws::CredentialPorts{*transport, runner, clock, random});
  cloud::ec2::Ec2Cloud cloud(options, credentials, *transport, clock);
  return run(cloud, words[2], Words(words.begin() + 3, words.end()));
}
