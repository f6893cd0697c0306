#include <tide/cloud/local/local_cloud.hpp>

#include <tide/cloud/local/claim.hpp>
#include <tide/cloud/local/log_files.hpp>
#include <tide/cloud/local/processes.hpp>
#include <tide/cloud/local/starter.hpp>
#include <tide/cloud/local/tag_files.hpp>
#include <tide/util/files.hpp>

#include <unistd.h>

#include <algorithm>

namespace tide::cloud::local {

namespace {

constexpr const char* k_proc = "/proc";
constexpr const char* k_tags_ending = ".tags";
constexpr int k_launch_max = 100;       // a call blocks for some milliseconds a machine
constexpr int k_terminate_max = 1'000;  // one look through /proc serves them all
constexpr std::size_t k_console_max = 16U << 10U;
constexpr std::size_t k_id_max = 100;
constexpr std::chrono::days k_keep_logs{30};  // intents are closed long before

// IDs become names of files.
bool is_plain(std::string_view text) {
  return !text.empty() && text.size() <= k_id_max && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
         });
}

Result<void> check_request(const core::LaunchRequest& request) {
  if (!is_plain(request.intent.value)) {
    return make_error(ErrorKind::unexpected, "'{}' cannot be a launch token", request.intent.value);
  }
  if (request.count < 1 || request.names.size() != static_cast<std::size_t>(request.count)) {
    return make_error(ErrorKind::unexpected, "launch '{}' has {} names for {} machines", request.intent.value,
                      request.names.size(), request.count);
  }
  return {};
}

bool holds_nul(const Environment& environment) {
  return std::any_of(environment.begin(), environment.end(),
                     [](const auto& entry) { return entry.second.find('\0') != std::string::npos; });
}

// One that ran under this token and ended: the token stands for it for ever.
core::Instance ended_instance(const core::LaunchRequest& request, const Chosen& chosen) {
  auto instance = to_instance(make_environment(request, {}, chosen)).value_or(core::Instance{});
  instance.state = core::InstanceState::gone;
  instance.address.clear();
  instance.addresses.clear();
  instance.fault = "its command has ended";
  return instance;
}

}  // namespace

core::CloudTraits LocalCloud::limits() const {
  return {.has_launch_tokens = true,
          .absence_is_proof = true,
          .launch_max = k_launch_max,
          .terminate_max = k_terminate_max};
}

std::string LocalCloud::path_of(const core::InstanceId& id, const char* ending) const {
  return m_settings.log_dir + "/" + id.value + ending;
}

Result<std::vector<core::Instance>> LocalCloud::list_all() {
  TIDE_TRY_ASSIGN(const std::vector<Found> all, find_instances(k_proc));
  std::vector<core::Instance> instances;
  for (const Found& found : all) {
    auto instance = to_instance(found.environment);
    if (!instance || instance->cloud != m_settings.name) continue;
    if (found.ending) instance->state = core::InstanceState::stopping;
    TIDE_TRY(read_tags(path_of(instance->id, k_tags_ending), instance->tags));
    instances.push_back(std::move(*instance));
  }
  std::sort(instances.begin(), instances.end(), [](const auto& left, const auto& right) { return left.id < right.id; });
  return instances;
}

Result<std::vector<core::Instance>> LocalCloud::list(const std::string& cluster) {
  TIDE_TRY_ASSIGN(std::vector<core::Instance> instances, list_all());
  std::erase_if(instances, [&](const core::Instance& one) { return tag_of(one, core::tag::k_cluster) != cluster; });
  return instances;
}

Result<std::vector<core::Instance>> LocalCloud::find(std::span<const std::string> words) {
  TIDE_TRY_ASSIGN(std::vector<core::Instance> instances, list_all());
  const auto is_meant = [&](const std::string& word) { return std::ranges::find(words, word) != words.end(); };
  std::erase_if(instances, [&](const core::Instance& one) {
    return !is_meant(one.id.value) && !is_meant(one.address) && std::ranges::none_of(one.names, is_meant);
  });
  return instances;
}

Result<void> LocalCloud::retag(const core::InstanceId& id, const core::Retag& tags) {
  TIDE_TRY_ASSIGN(const std::vector<core::Instance> instances, list_all());
  const auto found = std::ranges::find(instances, id, &core::Instance::id);
  if (found == instances.end() || !is_plain(id.value)) {
    return make_error(ErrorKind::not_found, "cloud '{}' has no machine '{}'", m_settings.name.value, id.value)
        .with_hint("'tide info' lists those that there are.");
  }
  std::map<std::string, std::string> now = found->tags;
  for (const std::string& key : tags.remove) now.erase(key);
  for (const auto& [key, value] : tags.set) now[key] = value;
  TIDE_TRY(make_directories(m_settings.log_dir));
  return write_tags(path_of(id, k_tags_ending), now);
}

Result<core::Instance> LocalCloud::find_running(const core::InstanceId& id) {
  TIDE_TRY_ASSIGN(const std::vector<Found> all, find_instances(k_proc));
  for (const Found& found : all) {
    if (found.environment.at(k_token) != id.value) continue;
    if (auto instance = to_instance(found.environment)) return std::move(*instance);
  }
  return make_error(ErrorKind::retry, "instance '{}' is being started or ended by another process", id.value)
      .with_hint("The next pass will see which; run 'tide info' in a few seconds.");
}

Result<core::Instance> LocalCloud::launch_machine(const core::LaunchRequest& request, int index,
                                                  std::set<std::string>& used) {
  Chosen chosen{.index = index, .id = instance_id(request.intent, index), .address = {}, .now = m_clock.now()};
  const core::InstanceId id{chosen.id};
  TIDE_TRY_ASSIGN(const Claim claim, take_claim(path_of(id, ".claim")));
  if (claim.state == ClaimState::taken) return find_running(id);
  if (claim.state == ClaimState::used) return ended_instance(request, chosen);
  TIDE_TRY_ASSIGN(chosen.address, choose_address(m_settings.addresses, used, chosen.id));
  Start start{.argv = m_settings.command,
              .environment = make_environment(request, m_settings.environment, chosen),
              .log_path = path_of(id, ".log"),
              .title = "tide: local instance " + request.names.at(static_cast<std::size_t>(index)),
              .grace = m_settings.grace,
              .namespaces = ::geteuid() == 0};
  if (holds_nul(start.environment))
    return make_error(ErrorKind::unexpected, "launch '{}' has a value with a NUL byte", chosen.id);
  TIDE_TRY(start_instance(start, claim.fd));
  used.insert(chosen.address);
  auto instance = to_instance(start.environment);
  if (!instance)
    return make_error(ErrorKind::unexpected, "instance '{}' has an environment that cannot be read back", chosen.id);
  return std::move(*instance);
}

Result<LaunchReply> LocalCloud::launch_one(const core::LaunchRequest& request, std::set<std::string>& used) {
  TIDE_TRY(check_request(request));
  TIDE_TRY(make_directories(m_settings.log_dir));
  LaunchReply reply;
  for (int index = 0; index < request.count; ++index) {
    Result<core::Instance> machine = launch_machine(request, index, used);
    if (machine) {
      reply.instances.push_back(std::move(*machine));
      continue;
    }
    if (index >= request.min_count) break;  // fewer than asked, and enough
    // Too few: what this call started must not stay.
    std::vector<core::InstanceId> ids;
    for (const core::Instance& instance : reply.instances) ids.push_back(instance.id);
    for (const Result<void>& ended : terminate(ids)) {
      if (!ended)
        return Error(ended.error()).with_context("while ending what was started before: " + machine.error().message);
    }
    return std::move(machine).error();
  }
  return reply;
}

std::vector<Result<LaunchReply>> LocalCloud::launch(std::span<const core::LaunchRequest> requests) {
  std::vector<Result<LaunchReply>> replies;
  const auto running = find_instances(k_proc);
  remove_old(m_settings.log_dir, m_clock.now() - k_keep_logs);
  std::set<std::string> used;
  if (running) {
    for (const Found& found : *running) {
      if (const auto instance = to_instance(found.environment)) used.insert(instance->address);
    }
  }
  for (const core::LaunchRequest& request : requests) {
    if (running) {
      replies.push_back(launch_one(request, used));
    } else {
      replies.emplace_back(running.error());
    }
  }
  return replies;
}

std::vector<Result<void>> LocalCloud::terminate(std::span<const core::InstanceId> ids) {
  std::vector<Result<void>> results;
  const auto running = find_instances(k_proc);
  for (const core::InstanceId& id : ids) {
    if (!running) {
      results.emplace_back(running.error());
      continue;
    }
    Result<void> result;
    for (const Found& found : *running) {
      const auto instance = to_instance(found.environment);
      if (!instance || instance->id != id || instance->cloud != m_settings.name) continue;
      if (auto asked = ask_to_end(k_proc, found); !asked) result = std::move(asked);
    }
    results.push_back(std::move(result));
  }
  return results;
}

Result<std::string> LocalCloud::console(const core::InstanceId& id) {
  const std::string path = path_of(id, ".log");
  if (!is_plain(id.value) || !file_exists(path)) return std::string();
  TIDE_TRY_ASSIGN(const std::string text, read_tail(path, k_console_max));
  return text;
}

Result<std::vector<InstanceType>> LocalCloud::types(std::span<const std::string> /*names*/) {
  return std::vector<InstanceType>{};  // a machine is as large as its pool says
}

Result<void> LocalCloud::check(const core::Pool& pool) const {
  const std::string where = "[pools." + pool.name.value + "]";
  if (pool.market == core::Market::spot) {
    return make_error(ErrorKind::config, "'{}' market: a local cloud has no spot market", where)
        .with_hint("Leave out market.");
  }
  if (pool.names == "dns") {
    return make_error(ErrorKind::config, "'{}' names: a local cloud gives no DNS names", where)
        .with_hint("Set names, as in \"{cluster}-{pool}-{n:04}\".");
  }
  if (!pool.user_data.empty()) {
    return make_error(ErrorKind::config, "'{}' user_data: a local cloud runs its command instead", where)
        .with_hint("Hand values to it in [clouds." + m_settings.name.value + ".env].");
  }
  return {};
}

}  // namespace tide::cloud::local
