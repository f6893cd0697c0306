#include "fake_ec2.hpp"
#include "fake_ec2_wire.hpp"

#include <tide/util/text.hpp>

#include <fmt/format.h>

#include <map>

// Ends, stops and starts.
namespace tide::test {
namespace {

using Parameters = FakeEc2::Parameters;
using wire::list_of;

bool is_well_formed(const std::string& id) {
  return id.starts_with("i-") && id.size() > 9 && id.find_first_not_of("0123456789abcdef", 2) == std::string::npos;
}

std::string state_xml(const std::string& name) {
  static const std::map<std::string, int> k_codes{{"pending", 0},     {"running", 16},  {"shutting-down", 32},
                                                  {"terminated", 48}, {"stopping", 64}, {"stopped", 80}};
  return fmt::format("<code>{}</code><name>{}</name>", k_codes.at(name), name);
}

// Why none of a batch changes: "" if this one may.
std::string state_refusal(const std::string& action, const FakeInstance& instance) {
  const bool ended = instance.state == "terminated" || instance.state == "shutting-down";
  if (action == "TerminateInstances" && instance.is_protected) return "OperationNotPermitted";
  if (action == "StopInstances" && instance.spot) return "UnsupportedOperation";
  if (action != "TerminateInstances" && (ended || (action == "StartInstances" && instance.state == "stopping")))
    return "IncorrectInstanceState";
  return "";
}

}  // namespace

// TerminateInstances, StopInstances and StartInstances: all of the batch, or none.
net::Response FakeEc2::change_states(const std::string& action, const Parameters& parameters) {
  const auto ids = list_of(parameters, "InstanceId.");
  if (ids.size() > 1000) return wire::refuse(400, "InvalidParameterValue", "too many instances");
  std::vector<std::string> unknown;
  for (const std::string& id : ids) {
    if (!is_well_formed(id)) return wire::refuse(400, "InvalidInstanceID.Malformed", "Invalid id: \"" + id + "\"");
    if (!m_instances.contains(id)) unknown.push_back(id);
  }
  if (unknown.size() == 1) {
    return wire::refuse(400, "InvalidInstanceID.NotFound", "The instance ID '" + unknown[0] + "' does not exist");
  }
  if (!unknown.empty()) {
    return wire::refuse(400, "InvalidInstanceID.NotFound",
                        "The instance IDs '" + join(unknown, ", ") + "' do not exist");
  }
  for (const std::string& id : ids) {
    const std::string code = state_refusal(action, m_instances.at(id));
    if (!code.empty()) return wire::refuse(400, code, "The instance '" + id + "' does not take " + action + ".");
    const std::string refused = action == "StartInstances" ? refusal_of(m_instances.at(id).type, "") : "";
    if (!refused.empty()) return wire::refuse(400, refused, "refused on order");
  }
  std::string xml = "<instancesSet>";
  for (const std::string& id : ids) {
    FakeInstance& instance = m_instances.at(id);
    const std::string before = instance.state;
    const bool stopped = before == "stopped" || before == "stopping";
    const bool ended = before == "terminated" || before == "shutting-down";
    if (action == "TerminateInstances" && !ended) instance.state = "shutting-down";
    if (action == "StopInstances" && !stopped) instance.state = "stopping";
    if (action == "StartInstances" && stopped) {
      instance.state = "pending";
      instance.launched_at = m_options.now();
    }
    if (instance.state != before) instance.lists = 0;
    xml += "<item><instanceId>" + id + "</instanceId><currentState>" + state_xml(instance.state) +
           "</currentState><previousState>" + state_xml(before) + "</previousState></item>";
  }
  return wire::ok(action, xml + "</instancesSet>");
}

}  // namespace tide::test
