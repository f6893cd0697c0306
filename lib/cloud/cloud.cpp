#include <tide/cloud/cloud.hpp>

namespace tide::cloud {

bool may_have_been_done(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::retry:
    case ErrorKind::timeout:
    case ErrorKind::protocol:
    case ErrorKind::unexpected:
    case ErrorKind::io: return true;
    case ErrorKind::usage:
    case ErrorKind::not_found:
    case ErrorKind::config:
    case ErrorKind::refused:
    case ErrorKind::lock_held:
    case ErrorKind::money:
    case ErrorKind::batch:
    case ErrorKind::unproven:
    case ErrorKind::stranger:
    case ErrorKind::throttled:
    case ErrorKind::capacity:
    case ErrorKind::quota:
    case ErrorKind::auth:
    case ErrorKind::bad_request:
    case ErrorKind::eventual:
    case ErrorKind::unsent:
    case ErrorKind::unknown: return false;
  }
  return true;
}

Result<void> check_pool(const Cloud& cloud, const core::Pool& pool) {
  if (pool.keep_stopped > 0 && !cloud.limits().can_stop) {
    return make_error(ErrorKind::config, "[pools.{}] keep_stopped: cloud '{}' cannot stop machines and keep them",
                      pool.name.value, cloud.name().value)
        .with_hint("Take it out, or use a pool of an EC2 cloud.");
  }
  return cloud.check(pool);
}

std::vector<std::string> values_of(const core::LaunchRequest& request, const char* key) {
  const auto at = request.options.find(key);
  return at == request.options.end() ? std::vector<std::string>() : at->second;
}

std::string value_of(const core::LaunchRequest& request, const char* key) {
  const auto values = values_of(request, key);
  return values.empty() ? std::string() : values.front();
}

std::vector<Result<void>> Cloud::stop(std::span<const core::InstanceId> ids) {
  const Error error = make_error(ErrorKind::refused, "cloud '{}' cannot stop machines and keep them", name().value);
  return std::vector<Result<void>>(ids.size(), Result<void>(error));
}

}  // namespace tide::cloud
