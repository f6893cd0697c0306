#include <tide/cloud/ec2/ec2_cloud.hpp>

#include <tide/cloud/ec2/instances.hpp>
#include <tide/cloud/ec2/pages.hpp>
#include <tide/cloud/ec2/replies.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

// Machines that tide did not launch: found by what a person, or a node, calls them; and whose any machine is.
namespace tide::cloud::ec2 {
namespace {

constexpr const char* k_name_tag = "Name";  // what EC2's console shows as a machine's name

bool is_address(std::string_view word) {
  return word.find(':') != std::string_view::npos || word.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string short_name(std::string_view name) { return to_lower(std::string(name.substr(0, name.find('.')))); }

struct Filter {
  const char* name;
  std::vector<std::string> values;
};

// '*' and '?' in a filter's value stand for anything: a word with such a character names nothing.
std::vector<Filter> filters_of(std::span<const std::string> words) {
  std::vector<std::string> ids;
  std::vector<std::string> addresses;
  std::vector<std::string> six;
  std::vector<std::string> names;
  std::vector<std::string> dns;
  for (const std::string& word : words) {
    if (word.empty() || word.find_first_of("*?\\") != std::string::npos) continue;
    if (word.starts_with("i-")) {
      ids.push_back(word);
    } else if (is_address(word)) {
      (word.find(':') == std::string::npos ? addresses : six).push_back(word);
    } else {
      names.push_back(word);
      dns.push_back(word);
      dns.push_back(word.substr(0, word.find('.')) + ".*");
    }
  }
  // By ID it is a filter too: an unknown ID in the call's own list would be an error.
  std::vector<Filter> filters{
      {"instance-id", std::move(ids)},      {"private-ip-address", addresses},
      {"ip-address", std::move(addresses)}, {"network-interface.ipv6-addresses.ipv6-address", std::move(six)},
      {"private-dns-name", std::move(dns)}, {"tag:Name", std::move(names)}};
  std::erase_if(filters, [](const Filter& filter) { return filter.values.empty(); });
  return filters;
}

// A server that does not know a filter lists everybody's.
bool is_meant(const core::Instance& instance, std::span<const std::string> words) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    if (word.empty()) return false;
    if (word == instance.id.value || word == tag_of(instance, k_name_tag)) return true;
    if (std::ranges::find(instance.addresses, word) != instance.addresses.end()) return true;
    const auto named = [&](const std::string& name) { return short_name(name) == short_name(word); };
    return !is_address(word) && std::ranges::any_of(instance.names, named);
  });
}

aws::Call tag_call(const char* action, const core::InstanceId& id) {
  return {.action = action, .parameters = {{"ResourceId.1", id.value}}};
}

}  // namespace

Result<std::vector<core::Instance>> Ec2Cloud::find(std::span<const std::string> words) {
  std::map<core::InstanceId, core::Instance> found;
  const auto take = [&](const std::string& body, const aws::Answer& answer) -> Result<std::string> {
    TIDE_TRY_ASSIGN(auto page, in_call(parse_describe_instances(body), m_name.value, "DescribeInstances", answer));
    for (Listed& listed : page.listed) {
      core::Instance instance = finished(std::move(listed));
      if (is_meant(instance, words)) found.insert_or_assign(instance.id, std::move(instance));
    }
    return std::move(page.next_token);
  };
  for (const Filter& filter : filters_of(words)) {
    aws::Call call{.action = "DescribeInstances", .parameters = {{"Filter.1.Name", filter.name}}};
    int number = 0;
    for (const std::string& value : filter.values)
      call.parameters.emplace_back("Filter.1.Value." + std::to_string(++number), value);
    TIDE_TRY(each_page(m_api, std::move(call), take));
  }
  std::vector<core::Instance> sorted;
  for (auto& [id, instance] : found) sorted.push_back(std::move(instance));
  return sorted;
}

Result<void> Ec2Cloud::retag(const core::InstanceId& id, const core::Retag& tags) {
  std::vector<aws::Call> calls;
  if (!tags.set.empty()) {
    aws::Call call = tag_call("CreateTags", id);
    int number = 0;
    for (const auto& [key, value] : tags.set) {
      const std::string prefix = "Tag." + std::to_string(++number) + ".";
      call.parameters.emplace_back(prefix + "Key", key);
      call.parameters.emplace_back(prefix + "Value", value);
    }
    calls.push_back(std::move(call));
  }
  if (!tags.remove.empty()) {
    aws::Call call = tag_call("DeleteTags", id);
    // A machine that still goes by its spot request's tags is disowned by taking them off that.
    const auto fulfilled = m_fulfilled.find(id);
    if (fulfilled != m_fulfilled.end()) call.parameters.emplace_back("ResourceId.2", fulfilled->second.request.id);
    int number = 0;
    for (const std::string& key : tags.remove)
      call.parameters.emplace_back("Tag." + std::to_string(++number) + ".Key", key);
    calls.push_back(std::move(call));
  }
  // One after the other: a machine that lost its old tags and got no new ones would be nobody's.
  for (const aws::Call& call : calls) {
    const aws::Answer answer = m_api.call({&call, 1}).front();
    if (!answer.body) {
      Error error = answer.body.error();
      if (answer.code.starts_with("InvalidInstanceID") || answer.code.starts_with("InvalidSpotInstanceRequestID"))
        error.kind = ErrorKind::not_found;
      if (error.kind == ErrorKind::auth)
        error.hint = "Adopting and disowning need rights of their own: examples/iam/head-adopt.json, see ec2.md.";
      return error;
    }
    TIDE_TRY(in_call(parse_done(*answer.body, call.action), m_name.value, call.action, answer));
  }
  return {};
}

}  // namespace tide::cloud::ec2
