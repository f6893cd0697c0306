#include <tide/cloud/aws/pace.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

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

}  // namespace

Result<Rates> parse_rates(const std::vector<std::string>& lines) {
  Rates rates;
  const std::array<net::NamedRate, 5> known{{{"read", rates.read},
                                             {"run", rates.run},
                                             {"machines", rates.machines},
                                             {"end", rates.end},
                                             {"other", rates.other}}};
  TIDE_TRY(net::set_rates(lines, known, "machines 5000/20"));
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

}  // namespace tide::cloud::aws
