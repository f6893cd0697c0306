#include <tide/cloud/nova/pages.hpp>
#include <tide/net/url.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace tide::cloud::nova {
namespace {

using openstack::Answer;
using openstack::Call;

constexpr std::size_t k_pages_max = 10'000;  // of one list

// The last item's ID where another page follows; "" where none does, or where it is for the reader of the body to say
// what is wrong with it. An error where one follows and nothing says from where on.
Result<std::string> next_marker(const std::string& body, const std::string& key) {
  const std::string links = key + "_links";
  if (body.find(links) == std::string::npos) return std::string();  // as most replies: they are not parsed twice
  const auto root = nlohmann::json::parse(body, nullptr, false);
  if (!root.is_object() || !root.contains(links) || !root[links].is_array() || !root.contains(key))
    return std::string();
  const bool more = std::ranges::any_of(
      root[links], [](const auto& link) { return link.is_object() && link.value("rel", nlohmann::json()) == "next"; });
  const auto& list = root[key];
  if (!more || !list.is_array()) return std::string();
  if (!list.empty() && list.back().is_object()) {
    const auto id = list.back().find("id");
    if (id != list.back().end() && id->is_string()) return id->template get<std::string>();
  }
  return make_error(ErrorKind::protocol, "a page of the list of {} names a next one and no last item", key);
}

}  // namespace

Result<std::vector<std::string>> all_pages(openstack::Session& session, std::vector<Call> calls,
                                           const std::string& key) {
  std::vector<std::string> firsts;  // the path of each list's first page
  for (const Call& call : calls) firsts.push_back(call.path);
  std::set<std::string> asked;
  std::vector<std::string> bodies;
  for (std::size_t page = 0; !calls.empty(); ++page) {
    std::vector<Answer> answers = session.call(calls);
    std::vector<Call> next;
    std::vector<std::string> next_firsts;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i].reply) return std::move(answers[i].reply).error();
      std::string body = std::move(answers[i].reply->body);
      TIDE_TRY_ASSIGN(const std::string marker, next_marker(body, key));
      bodies.push_back(std::move(body));
      if (marker.empty()) continue;
      Call more = calls[i];
      more.path = firsts[i] + (firsts[i].find('?') == std::string::npos ? "?" : "&");
      more.path += "marker=" + net::percent_encode(marker);
      if (page >= k_pages_max || !asked.insert(more.path).second)
        return make_error(ErrorKind::protocol, "the cloud pages its list of {} in a circle", key)
            .with_hint("Check that the network service of clouds.yaml is an OpenStack API, not a proxy's page.");
      next.push_back(std::move(more));
      next_firsts.push_back(firsts[i]);
    }
    calls = std::move(next);
    firsts = std::move(next_firsts);
  }
  return bodies;
}

}  // namespace tide::cloud::nova
