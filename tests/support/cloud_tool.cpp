#include "cloud_tool.hpp"

#include <cstdio>

namespace tide::test {
namespace {

std::vector<core::InstanceId> ids_of(const Words& words) {
  std::vector<core::InstanceId> ids;
  for (const std::string& word : words) ids.push_back({word});
  return ids;
}

int show_ends(const Words& ids, const std::vector<Result<void>>& results, const char* what) {
  int failed = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (results[i]) {
      std::printf("%s %s\n", ids[i].c_str(), what);
    } else {
      failed = tell(results[i].error());
    }
  }
  return failed;
}

}  // namespace

int tell(const Error& error) {
  std::printf("error %s: %s\n", std::string(to_string(error.kind)).c_str(), error.message.c_str());
  for (const std::string& line : error.context) std::printf("  %s\n", line.c_str());
  if (!error.hint.empty()) std::printf("hint: %s\n", error.hint.c_str());
  if (error.retry_after_seconds > 0)
    std::printf("retry after %lld s\n", static_cast<long long>(error.retry_after_seconds));
  return 1;
}

int launch(cloud::Cloud& cloud, std::span<const core::LaunchRequest> requests, Show show) {
  int failed = 0;
  for (const auto& reply : cloud.launch(requests)) {
    if (!reply) {
      failed = tell(reply.error());
      continue;
    }
    for (const core::Instance& each : reply->instances) show(each);
  }
  return failed;
}

int list(cloud::Cloud& cloud, const std::string& cluster, Show show) {
  const auto instances = cloud.list(cluster);
  if (!instances) return tell(instances.error());
  for (const core::Instance& each : *instances) show(each);
  return 0;
}

int terminate(cloud::Cloud& cloud, const Words& ids) { return show_ends(ids, cloud.terminate(ids_of(ids)), "ended"); }

int stop(cloud::Cloud& cloud, const Words& ids) { return show_ends(ids, cloud.stop(ids_of(ids)), "stopped"); }

int console(cloud::Cloud& cloud, const std::string& id) {
  const auto text = cloud.console({id});
  if (!text) return tell(text.error());
  std::fwrite(text->data(), 1, text->size(), stdout);
  return 0;
}

int types(cloud::Cloud& cloud, const Words& names) {
  const auto found = cloud.types(names);
  if (!found) return tell(found.error());
  for (const cloud::InstanceType& each : *found) {
    std::printf("%s %d %lld", each.name.c_str(), each.slots, static_cast<long long>(each.memory_mib));
    for (const auto& [name, count] : each.gpus) std::printf(" %s:%d", name.c_str(), count);
    std::printf("\n");
  }
  return 0;
}

}  // namespace tide::test
