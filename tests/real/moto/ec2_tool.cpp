// ec2-tool ENDPOINT REGION VERB ...: the EC2 adapter at the shell, without retries, for tests against real servers.
//   launch TOKEN COUNT MIN [POOL-KEY=VALUE...]   list   list-requests (spot requests too)   terminate ID...   console
//   ID   types NAME...
// Prints a line a result; a failure as "error KIND: MESSAGE", its context and its hint. Exit 1 if anything failed.
#include <tide/cloud/aws/credential_chain.hpp>
#include <tide/cloud/ec2/ec2_cloud.hpp>
#include <tide/net/curl_transport.hpp>
#include <tide/process/posix_runner.hpp>
#include <tide/util/system_clock.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <unistd.h>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace tide;
using Words = std::vector<std::string>;

constexpr const char* k_cluster = "physics";

cloud::aws::Environment environment_of(char** variables) {
  cloud::aws::Environment environment;
  for (; *variables != nullptr; ++variables) {
    const std::string_view line = *variables;
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return environment;
}

int tell(const Error& error) {
  std::printf("error %s: %s\n", std::string(to_string(error.kind)).c_str(), error.message.c_str());
  for (const std::string& line : error.context) std::printf("  %s\n", line.c_str());
  if (!error.hint.empty()) std::printf("hint: %s\n", error.hint.c_str());
  if (error.retry_after_seconds > 0)
    std::printf("retry after %lld s\n", static_cast<long long>(error.retry_after_seconds));
  return 1;
}

const char* word_for(core::InstanceState state) {
  switch (state) {
    case core::InstanceState::pending: return "pending";
    case core::InstanceState::running: return "running";
    case core::InstanceState::stopping: return "stopping";
    case core::InstanceState::stopped: return "stopped";
    case core::InstanceState::gone: return "gone";
    case core::InstanceState::failed: return "failed";
    case core::InstanceState::unknown: return "unknown";
  }
  return "";
}

void show(const core::Instance& each) {
  const std::string name = each.names.empty() ? "-" : each.names.front();
  std::printf("%s %s %s %s %s %s owner=%s intent=%s\n", each.id.value.c_str(), word_for(each.state), name.c_str(),
              each.type.c_str(), each.market == core::Market::spot ? "spot" : "on-demand",
              each.address.empty() ? "-" : each.address.c_str(), std::string(tag_of(each, core::tag::k_owner)).c_str(),
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

int launch(cloud::Cloud& cloud, const Words& words) {
  const core::LaunchRequest request = request_of(words);
  const auto reply = cloud.launch({&request, 1}).front();
  if (!reply) return tell(reply.error());
  for (const core::Instance& each : reply->instances) show(each);
  return 0;
}

int list(cloud::Cloud& cloud) {
  const auto instances = cloud.list(k_cluster);
  if (!instances) return tell(instances.error());
  for (const core::Instance& each : *instances) show(each);
  return 0;
}

int end(cloud::Cloud& cloud, const Words& words, bool stop) {
  std::vector<core::InstanceId> ids;
  for (const std::string& word : words) ids.push_back({word});
  const auto results = stop ? cloud.stop(ids) : cloud.terminate(ids);
  int failed = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (results[i]) {
      std::printf("%s %s\n", words[i].c_str(), stop ? "stopped" : "ended");
    } else {
      failed = tell(results[i].error());
    }
  }
  return failed;
}

int console(cloud::Cloud& cloud, const Words& words) {
  const auto text = cloud.console({words.at(0)});
  if (!text) return tell(text.error());
  std::fwrite(text->data(), 1, text->size(), stdout);
  return 0;
}

int types(cloud::Cloud& cloud, const Words& words) {
  const auto found = cloud.types(words);
  if (!found) return tell(found.error());
  for (const cloud::InstanceType& each : *found) {
    std::printf("%s %d %lld", each.name.c_str(), each.slots, static_cast<long long>(each.memory_mib));
    for (const auto& [name, count] : each.gpus) std::printf(" %s:%d", name.c_str(), count);
    std::printf("\n");
  }
  return 0;
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
  if (verb == "launch" && words.size() >= 3) return launch(cloud, words);
  if (verb == "list") return list(cloud);
  if (verb == "list-requests") {
    cloud.look_for_requests();
    return list(cloud);
  }
  if (verb == "terminate" && !words.empty()) return end(cloud, words, false);
  if (verb == "stop" && !words.empty()) return end(cloud, words, true);
  if (verb == "start" && !words.empty()) return start(cloud, words);
  if (verb == "console" && words.size() == 1) return console(cloud, words);
  if (verb == "types" && !words.empty()) return types(cloud, words);
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
      from, environment_of(environ), cloud::aws::CredentialPorts{*transport, runner, clock, random});
  cloud::ec2::Ec2Cloud cloud(options, credentials, *transport, clock);
  return run(cloud, words[2], Words(words.begin() + 3, words.end()));
}
