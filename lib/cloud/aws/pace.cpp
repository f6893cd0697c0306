#include <tide/cloud/aws/pace.hpp>

#include <tide/net/url.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::cloud::aws {
namespace {

std::int64_t machines_of(const Call& call) {
  for (const auto& [name, value] : call.parameters) {
    if (name != "MaxCount" && name != "TargetCapacitySpecification.TotalTargetCapacity") continue;
    return std::max<std::int64_t>(1, parse_integer(value).value_or(1));
  }
  return 1;
}

bool is_read(std::string_view action) {
  return action.starts_with("Describe") || action.starts_with("Get") || action.starts_with("List");
}

net::Rate* rate_named(Rates& rates, std::string_view name) {
  if (name == "read") return &rates.read;
  if (name == "run") return &rates.run;
  if (name == "machines") return &rates.machines;
  if (name == "end") return &rates.end;
  return name == "other" ? &rates.other : nullptr;
}

}  // namespace

Result<Rates> parse_rates(const std::vector<std::string>& lines) {
  Rates rates;
  for (const std::string& line : lines) {
    const auto words = split(line, ' ');
    net::Rate* rate = words.size() == 2 ? rate_named(rates, words[0]) : nullptr;
    if (rate == nullptr) {
      return make_error(ErrorKind::config, "'{}' is no kind of call and its rate", printable(line, 60))
          .with_hint("Write read, run, machines, end or other, and a rate: \"machines 5000/20\".");
    }
    TIDE_TRY_ASSIGN(*rate, net::parse_rate(words[1]));
  }
  return rates;
}

std::vector<net::Draw> draws_for(const Call& call, const Rates& rates, const std::string& account) {
  const auto draw = [&](const char* kind, const net::Rate& rate, std::int64_t amount) {
    return net::Draw{.bucket = account + "/" + kind, .rate = rate, .amount = amount};
  };
  if (is_read(call.action)) return {draw("read", rates.read, 1)};
  if (call.action == "RunInstances" || call.action == "CreateFleet")
    return {draw("run", rates.run, 1), draw("machines", rates.machines, machines_of(call))};
  if (call.action == "StartInstances")
    return {draw("run", rates.run, 1), draw("machines", rates.machines, static_cast<int>(call.parameters.size()))};
  if (call.action == "TerminateInstances" || call.action == "StopInstances") return {draw("end", rates.end, 1)};
  return {draw("other", rates.other, 1)};
}

std::string account_of(const std::string& service, const std::string& region, const std::string& endpoint,
                       const std::string& access_key) {
  const auto url = net::split_url(endpoint);
  return service + "/" + region + "/" + (url ? url->authority() : "-") + "/" + to_hex(sha256(access_key)).substr(0, 16);
}

}  // namespace tide::cloud::aws
