#include <tide/cloud/retrying_cloud.hpp>

#include <algorithm>

namespace tide::cloud {

bool RetryingCloud::wait(int attempt, const Error& error, int& taken) {
  if (attempt + 1 >= m_policy.attempts_max || !net::may_retry(error.kind)) return false;
  const auto cost = m_budget.take(error.kind);
  if (!cost) return false;
  taken += *cost;
  const std::optional<Seconds> asked =
      error.retry_after_seconds > 0 ? std::optional(Seconds(error.retry_after_seconds)) : std::nullopt;
  const auto delay = net::retry_delay(attempt, m_policy, asked, m_random.next());
  const auto left = m_deadline == nullptr ? std::nullopt : m_deadline->left();
  if (left && *left <= delay) return false;
  return m_clock.sleep_for(delay);
}

template <typename T, typename Call>
Result<T> RetryingCloud::one(Call call) {
  int taken = 0;
  for (int attempt = 0;; ++attempt) {
    Result<T> result = call();
    if (result) {
      m_budget.succeeded(taken);
      return result;
    }
    if (!wait(attempt, result.error(), taken)) return result;
  }
}

namespace {

// Of two tries the first may have been done: what refused the second says nothing of it, but for a cloud that looked at
// the token and had nothing to give.
bool says_nothing_of_the_first(ErrorKind second) {
  return !may_have_been_done(second) && second != ErrorKind::capacity && second != ErrorKind::quota;
}

template <typename T>
void keep_unclear(std::vector<Result<T>>& results, const std::vector<std::optional<Error>>& unclear) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i] || !unclear[i] || !says_nothing_of_the_first(results[i].error().kind)) continue;
    Error first = *unclear[i];
    results[i] = std::move(first).with_peer("asked again: " + results[i].error().message);
  }
}

}  // namespace

// Only what failed is asked for again.
template <typename T, typename Item, typename Call>
std::vector<Result<T>> RetryingCloud::many(std::span<const Item> items, Call call) {
  std::vector<Result<T>> results = call(items);
  std::vector<std::optional<Error>> unclear(results.size());
  int taken = 0;
  for (int attempt = 0;; ++attempt) {
    std::vector<std::size_t> failed;
    std::vector<Item> again;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i] || !net::may_retry(results[i].error().kind)) continue;
      failed.push_back(i);
      again.push_back(items[i]);
    }
    if (failed.empty()) {
      m_budget.succeeded(taken);
      keep_unclear(results, unclear);
      return results;
    }
    // Who asked to be left alone the longest decides for all of them.
    const auto slowest =
        *std::ranges::max_element(failed, {}, [&](std::size_t i) { return results[i].error().retry_after_seconds; });
    if (!wait(attempt, results[slowest].error(), taken)) {
      keep_unclear(results, unclear);
      return results;
    }
    std::vector<Result<T>> repeated = call(std::span<const Item>(again));
    for (std::size_t k = 0; k < failed.size(); ++k) {
      Result<T>& last = results[failed[k]];
      if (may_have_been_done(last.error().kind)) unclear[failed[k]] = last.error();
      last = std::move(repeated[k]);
    }
  }
}

Result<std::vector<core::Instance>> RetryingCloud::list(const std::string& cluster) {
  return one<std::vector<core::Instance>>([&] { return m_inner.list(cluster); });
}

std::vector<Result<LaunchReply>> RetryingCloud::launch(std::span<const core::LaunchRequest> requests) {
  if (!m_inner.limits().has_launch_tokens) return m_inner.launch(requests);
  return many<LaunchReply>(requests, [&](std::span<const core::LaunchRequest> some) { return m_inner.launch(some); });
}

Result<std::string> RetryingCloud::resolve_image(const core::LaunchRequest& request) {
  return one<std::string>([&] { return m_inner.resolve_image(request); });
}

std::vector<Result<void>> RetryingCloud::terminate(std::span<const core::InstanceId> ids) {
  return many<void>(ids, [&](std::span<const core::InstanceId> some) { return m_inner.terminate(some); });
}

std::vector<Result<void>> RetryingCloud::stop(std::span<const core::InstanceId> ids) {
  return many<void>(ids, [&](std::span<const core::InstanceId> some) { return m_inner.stop(some); });
}

Result<std::vector<core::Instance>> RetryingCloud::find(std::span<const std::string> words) {
  return one<std::vector<core::Instance>>([&] { return m_inner.find(words); });
}

// Done twice is done once.
Result<void> RetryingCloud::retag(const core::InstanceId& id, const core::Retag& tags) {
  return one<void>([&] { return m_inner.retag(id, tags); });
}

Result<std::string> RetryingCloud::console(const core::InstanceId& id) {
  return one<std::string>([&] { return m_inner.console(id); });
}

Result<std::vector<core::Health>> RetryingCloud::health(core::HealthQuestion question) {
  return one<std::vector<core::Health>>([&] { return m_inner.health(question); });
}

Result<std::vector<core::SpotPrice>> RetryingCloud::spot_prices(std::span<const std::string> types) {
  return one<std::vector<core::SpotPrice>>([&] { return m_inner.spot_prices(types); });
}

Result<core::Reservations> RetryingCloud::reservations(const std::string& cluster) {
  return one<core::Reservations>([&] { return m_inner.reservations(cluster); });
}

Result<std::vector<InstanceType>> RetryingCloud::types(std::span<const std::string> names) {
  return one<std::vector<InstanceType>>([&] { return m_inner.types(names); });
}

}  // namespace tide::cloud
