#include <tide/cloud/ec2/terminate.hpp>

#include <tide/cloud/ec2/replies.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace tide::cloud::ec2 {
namespace {

using Batch = std::vector<std::string>;
using Results = std::map<std::string, Result<void>>;

// Codes that one ID of the batch can cause.
bool is_about_one(std::string_view code) {
  constexpr std::array<std::string_view, 6> k_codes{"InvalidInstanceID.NotFound",
                                                    "InvalidInstanceID.Malformed",
                                                    "OperationNotPermitted",
                                                    "IncorrectInstanceState",
                                                    "IncorrectState",
                                                    "UnsupportedOperation"};
  return std::ranges::find(k_codes, code) != k_codes.end();
}

aws::Call call_for(const std::string& action, const Batch& batch) {
  aws::Call call{.action = action, .parameters = {}};
  int number = 0;
  for (const std::string& id : batch) call.parameters.emplace_back("InstanceId." + std::to_string(++number), id);
  return call;
}

bool is_id_character(char c) { return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }

// Is `id` a word of its own in `message`? i-12 is not named by "i-123".
bool names_id(std::string_view message, std::string_view id) {
  for (std::size_t at = message.find(id); at != std::string_view::npos; at = message.find(id, at + 1)) {
    const bool begins = at == 0 || !is_id_character(message[at - 1]);
    const std::size_t end = at + id.size();
    if (begins && (end == message.size() || !is_id_character(message[end]))) return true;
  }
  return false;
}

// Takes those that EC2 said it does not know out of the batch: they are gone.
bool drop_unknown(Batch& batch, const aws::Answer& answer, Results& results) {
  if (answer.code != "InvalidInstanceID.NotFound") return false;
  const auto kept = std::stable_partition(batch.begin(), batch.end(),
                                          [&](const std::string& id) { return !names_id(answer.peer_message, id); });
  const bool any = kept != batch.end();
  for (auto at = kept; at != batch.end(); ++at) results.insert_or_assign(*at, Result<void>());
  batch.erase(kept, batch.end());
  return any;
}

// An ID that the answer does not name may or may not be ending: the next listing tells.
void read_taken(const std::string& action, const Batch& batch, const aws::Answer& answer, const std::string& cloud,
                Results& results) {
  const auto taken = parse_state_changes(*answer.body, action);
  for (const std::string& id : batch) {
    if (taken && std::ranges::find(*taken, id) != taken->end()) {
      results.insert_or_assign(id, Result<void>());
      continue;
    }
    const std::string why = taken ? "the reply does not name '" + id + "'" : taken.error().message;
    Error error =
        make_error(ErrorKind::protocol, "cloud '{}' answered {} with what tide cannot read: {}", cloud, action, why);
    if (!answer.request_id.empty()) error.context.push_back("request " + printable(answer.request_id, 80));
    results.insert_or_assign(id,
                             std::move(error).with_hint("Check that [clouds." + cloud + "] endpoint is an EC2 API."));
  }
}

// Alone in its batch: somebody set its termination protection.
Error protected_from_end(const std::string& id, const aws::Answer& answer, const std::string& cloud) {
  Error error =
      make_error(ErrorKind::refused, "instance '{}' is protected: cloud '{}' does not let it be ended", id, cloud);
  error.context = answer.body.error().context;
  return std::move(error).with_hint("Take it off with 'aws ec2 modify-instance-attribute --instance-id " + id +
                                    " --no-disable-api-termination'; tide then ends it.");
}

// What is still to be asked after this answer.
std::vector<Batch> settle(const std::string& action, Batch batch, const aws::Answer& answer, const std::string& cloud,
                          Results& results) {
  if (answer.body) {
    read_taken(action, batch, answer, cloud, results);
    return {};
  }
  if (drop_unknown(batch, answer, results)) {
    if (batch.empty()) return {};
    return {std::move(batch)};
  }
  if (is_about_one(answer.code) && batch.size() > 1) {
    const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
    return {Batch(batch.begin(), middle), Batch(middle, batch.end())};
  }
  if (answer.code == "OperationNotPermitted" && action == "TerminateInstances") {
    results.insert_or_assign(batch.front(), protected_from_end(batch.front(), answer, cloud));
    return {};
  }
  const bool gone = answer.code == "InvalidInstanceID.NotFound";
  for (const std::string& id : batch)
    results.insert_or_assign(id, gone ? Result<void>() : Result<void>(answer.body.error()));
  return {};
}

std::vector<Result<void>> ask_all(aws::QueryApi& api, const std::string& action,
                                  std::span<const core::InstanceId> ids) {
  Results results;
  std::vector<Batch> open;
  for (const core::InstanceId& id : ids) {
    if (!results.emplace(id.value, Result<void>()).second) continue;
    if (open.empty() || open.back().size() == k_terminate_max) open.emplace_back();
    open.back().push_back(id.value);
  }
  while (!open.empty()) {
    std::vector<aws::Call> calls;
    for (const Batch& batch : open) calls.push_back(call_for(action, batch));
    const auto answers = api.call(calls);
    std::vector<Batch> next;
    for (std::size_t i = 0; i < open.size(); ++i) {
      for (Batch& batch : settle(action, std::move(open[i]), answers[i], api.service().cloud, results))
        next.push_back(std::move(batch));
    }
    open = std::move(next);
  }
  std::vector<Result<void>> in_order;
  in_order.reserve(ids.size());
  for (const core::InstanceId& id : ids) in_order.push_back(results.at(id.value));
  return in_order;
}

}  // namespace

std::vector<Result<void>> terminate_all(aws::QueryApi& api, std::span<const core::InstanceId> ids) {
  return ask_all(api, "TerminateInstances", ids);
}

std::vector<Result<void>> stop_all(aws::QueryApi& api, std::span<const core::InstanceId> ids) {
  return ask_all(api, "StopInstances", ids);
}

}  // namespace tide::cloud::ec2
