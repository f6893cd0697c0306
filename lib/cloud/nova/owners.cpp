#include <tide/cloud/nova/nova_cloud.hpp>

#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

// Machines that tide did not launch: found by what a person, or a node, calls them; and whose any machine is.
namespace tide::cloud::nova {
namespace {

using openstack::Answer;
using openstack::Call;

bool is_address(std::string_view word) {
  return word.find(':') != std::string_view::npos || word.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_uuid(std::string_view word) {
  return word.size() == 36 && word.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

// Nova's filters are regular expressions; what is no part of a name or an address names nothing.
bool is_plain(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.' || c == ':';
  });
}

std::string filter_path(const std::string& word) {
  std::string exactly = "^";
  for (const char c : word) exactly += c == '.' ? std::string("\\.") : std::string(1, c);
  exactly += '$';
  const char* filter = !is_address(word) ? "name" : word.find(':') == std::string::npos ? "ip" : "ip6";
  return std::string("/servers/detail?") + filter + "=" + net::percent_encode(exactly);
}

// A server that takes no notice of a filter lists the whole project.
bool is_meant(const core::Instance& instance, std::span<const std::string> words) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    return word == instance.id.value || std::ranges::find(instance.names, word) != instance.names.end() ||
           std::ranges::find(instance.addresses, word) != instance.addresses.end();
  });
}

}  // namespace

Result<std::vector<core::Instance>> NovaCloud::find(std::span<const std::string> words) {
  TIDE_TRY_ASSIGN(const openstack::Microversion version, m_lookup.microversion());
  std::vector<Call> calls;
  for (const std::string& word : words) {
    if (!is_plain(word)) continue;
    const std::string path = is_uuid(word) ? "/servers/" + word : filter_path(word);
    calls.push_back({.path = path, .microversion = version.text()});
  }
  Found found;
  if (calls.empty()) return std::vector<core::Instance>{};
  const auto answers = m_session.call(calls);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const bool one = calls[i].path.find('?') == std::string::npos;
    if (one && answers[i].unknown) continue;
    if (!answers[i].reply) return answers[i].reply.error();
    std::vector<Listed> listed;
    if (one) {
      auto server = parse_server(answers[i].reply->body);
      if (!server) return unreadable("GET /servers/ID", std::move(server).error());
      listed.push_back(std::move(*server));
    } else {
      auto page = parse_servers(answers[i].reply->body);
      if (!page) return unreadable("GET /servers/detail", std::move(page).error());
      listed = std::move(page->servers);
    }
    for (Listed& each : listed) {
      core::Instance instance = finished(std::move(each));
      if (is_meant(instance, words)) found.insert_or_assign(instance.id, std::move(instance));
    }
  }
  TIDE_TRY(name_flavors(found));
  std::vector<core::Instance> sorted;
  for (auto& [id, instance] : found) sorted.push_back(std::move(instance));
  return sorted;
}

// First what is set, in one call that leaves all other metadata as it is; then what goes, a key a call.
Result<void> NovaCloud::retag(const core::InstanceId& id, const core::Retag& tags) {
  const std::string root = "/servers/" + net::percent_encode(id.value) + "/metadata";
  if (!tags.set.empty()) {
    const nlohmann::json body{{"metadata", tags.set}};
    const Answer answer = m_session.call(
        {.method = "POST", .path = root, .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
    if (!answer.reply) {
      Error error = answer.reply.error();
      if (answer.unknown) error.kind = ErrorKind::not_found;
      return error;
    }
  }
  std::vector<Call> calls;
  for (const std::string& key : tags.remove)
    calls.push_back({.method = "DELETE", .path = root + "/" + net::percent_encode(key)});
  if (calls.empty()) return {};
  for (const Answer& answer : m_session.call(calls)) {
    // What is unknown is the key, or the machine with it.
    if (!answer.reply && !answer.unknown) return answer.reply.error();
  }
  return {};
}

}  // namespace tide::cloud::nova
