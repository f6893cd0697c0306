// nova-tool STATE_DIR VERB ...: the Nova adapter at the shell, without retries, for tests against real servers. Whose
// project it is, OS_* or clouds.yaml say; the token is kept in STATE_DIR ("-": nowhere).
//   launch TOKEN NAME[,NAME...] [KEY=VALUE...]   list   terminate ID...   console ID   types NAME...   limits
//   upkeep SECONDS: a thorough one, as a head whose clock is that far ahead
// KEY is cluster, image, flavor, zone, user_data_bytes, or a pool's key. Prints a line a result; a failure as
// "error KIND: MESSAGE", its context and its hint. Exit 1 if anything failed.
#include "tests/support/cloud_tool.hpp"
#include "tests/support/environment.hpp"

#include <tide/cloud/nova/nova_cloud.hpp>
#include <tide/core/enum_names.hpp>
#include <tide/net/curl_transport.hpp>
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

void show(const core::Instance& each) {
  std::printf("%s %s %s %s %s %s intent=%s", each.id.value.c_str(), std::string(to_string(each.state)).c_str(),
              each.names.empty() ? "-" : each.names.front().c_str(), each.type.c_str(),
              each.zone.empty() ? "-" : each.zone.c_str(), each.address.empty() ? "-" : each.address.c_str(),
              std::string(tag_of(each, core::tag::k_intent)).c_str());
  if (!each.fault.empty())
    std::printf(" fault=%s: %s", std::string(to_string(each.fault_kind)).c_str(), each.fault.c_str());
  std::printf("\n");
}

std::string option(const Words& words, const std::string& key, const std::string& otherwise) {
  for (const std::string& word : words) {
    if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
  }
  return otherwise;
}

std::vector<core::LaunchRequest> requests_of(const Words& words) {
  std::vector<core::LaunchRequest> requests;
  const Words rest(words.begin() + 2, words.end());
  int number = 0;
  for (const std::string_view name : split(words.at(1), ',')) {
    core::LaunchRequest request{.intent = {words.at(0) + "-" + std::to_string(++number)}, .cloud = {"nova"}};
    request.pool = {"small"};
    request.types = {option(rest, "flavor", "m1.tiny")};
    request.image = option(rest, "image", "debian-12");
    request.zone = option(rest, "zone", "");
    request.names = {std::string(name)};
    request.user_data = "#!/bin/sh\necho 'ü & b'\n";
    if (const auto bytes = parse_integer(option(rest, "user_data_bytes", "")))
      request.user_data = std::string(static_cast<std::size_t>(*bytes), 'x');
    request.tags = {{core::tag::k_cluster, option(rest, "cluster", "physics")},
                    {core::tag::k_owner, "head 1 / ü"},
                    {core::tag::k_pool, "small"},
                    {core::tag::k_names, std::string(name)},
                    {core::tag::k_intent, request.intent.value}};
    for (const char* key : {"key", "networks", "security_groups", "server_group", "config_drive", "disk"}) {
      if (const std::string value = option(rest, key, ""); !value.empty()) request.options[key] = {value};
    }
    requests.push_back(std::move(request));
  }
  return requests;
}

int limits(cloud::Cloud& cloud, const std::string& cluster) {
  if (const auto listed = cloud.list(cluster); !listed) return tell(listed.error());
  const core::CloudTraits left = cloud.limits();
  const auto show_left = [](const char* what, const std::optional<std::int64_t>& value) {
    std::printf("%s %s\n", what, value ? std::to_string(*value).c_str() : "unlimited");
  };
  show_left("machines", left.machines_left);
  show_left("cores", left.cores_left);
  show_left("memory_mib", left.memory_mib_left);
  return 0;
}

int upkeep(cloud::Cloud& cloud) {
  auto listed = cloud.list("physics");
  if (!listed) return tell(listed.error());
  std::erase_if(*listed, [](const auto& one) { return one.state != core::InstanceState::running; });
  int failed = 0;
  for (const cloud::UpkeepStep& step :
       cloud.keep_up({.cluster = "physics", .owner = "head 1 / ü", .running = *listed, .thorough = true})) {
    std::printf("%s %s: %s\n", step.verb.c_str(), step.subject.c_str(), step.text.c_str());
    if (step.error) failed = tell(*step.error);
  }
  return failed;
}

// Ages without waiting for them.
class LaterClock final : public Clock {
 public:
  explicit LaterClock(Seconds by) : m_by(by) {}
  TimePoint now() override { return m_clock.now() + m_by; }
  std::chrono::milliseconds monotonic() override { return m_clock.monotonic(); }
  BootTime boot() override { return m_clock.boot(); }
  bool sleep_for(std::chrono::milliseconds span) override { return m_clock.sleep_for(span); }

 private:
  SystemClock m_clock;
  Seconds m_by;
};

int run(cloud::Cloud& cloud, const std::string& verb, const Words& words) {
  if (verb == "launch" && words.size() >= 2) return test::launch(cloud, requests_of(words), show);
  if (verb == "list") return test::list(cloud, words.empty() ? "physics" : words[0], show);
  if (verb == "terminate" && !words.empty()) return test::terminate(cloud, words);
  if (verb == "console" && words.size() == 1) return test::console(cloud, words[0]);
  if (verb == "types" && !words.empty()) return test::types(cloud, words);
  if (verb == "limits") return limits(cloud, "physics");
  if (verb == "upkeep" && words.size() == 1) return upkeep(cloud);
  std::fprintf(stderr,
               "nova-tool: usage: STATE_DIR launch TOKEN NAME,... [KEY=VALUE...] | list [CLUSTER] | "
               "terminate ID... | console ID | types NAME... | limits | upkeep SECONDS\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const Words words(argv + 1, argv + argc);
  if (words.size() < 2) {
    std::fprintf(stderr, "nova-tool: usage: STATE_DIR VERB ...\n");
    return 2;
  }
  const auto transport = net::CurlTransport::make();
  const bool later = words[1] == "upkeep" && words.size() == 3;
  LaterClock clock(Seconds(later ? parse_integer(words[2]).value_or(0) : 0));
  cloud::nova::NovaCloud::Options options{
      .name = {"nova"},
      .session = {.cloud = "nova", .cache = words[0] == "-" ? "" : words[0] + "/tokens/nova.json", .page = "nova.md"},
      .address_of_pool = {{"small", "private"}}};
  const auto environment = test::whole_environment();
  const auto source = [&] { return cloud::openstack::find_auth({}, environment); };
  cloud::nova::NovaCloud nova(std::move(options), source, *transport, clock);
  const int code = run(nova, words[1], Words(words.begin() + 2, words.end()));
  std::fprintf(stderr, "identity: %s\n", nova.identity().c_str());
  return code;
}
