#include <tide/cloud/openstack/pace.hpp>

#include <tide/net/url.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/text.hpp>

namespace tide::cloud::openstack {
namespace {

net::Rate* rate_named(Rates& rates, std::string_view name) {
  if (name == "read") return &rates.read;
  if (name == "launch") return &rates.launch;
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
          .with_hint("Write read, launch, end or other, and a rate: \"launch 20/5\".");
    }
    TIDE_TRY_ASSIGN(*rate, net::parse_rate(words[1]));
  }
  return rates;
}

net::Draw draw_for(const std::string& method, const std::string& path, const Rates& rates, const std::string& account) {
  if (method == "GET") return {.bucket = account + "/read", .rate = rates.read};
  if (method == "DELETE") return {.bucket = account + "/end", .rate = rates.end};
  if (method == "POST" && path == "/servers") return {.bucket = account + "/launch", .rate = rates.launch};
  return {.bucket = account + "/other", .rate = rates.other};
}

std::string account_of(const std::string& auth_url, const std::string& asker) {
  const auto url = net::split_url(auth_url);
  return "openstack/" + (url ? url->authority() : "-") + "/" + to_hex(sha256(asker)).substr(0, 16);
}

std::string name_of_call(const std::string& method, const std::string& path) {
  std::string name = method + " ";
  const std::string plain = path.substr(0, path.find('?'));
  for (const std::string_view part : split(plain, '/')) {
    if (part.empty()) continue;
    const bool is_id = part.find_first_of("0123456789%") != std::string_view::npos;
    name += "/" + (is_id ? "*" : std::string(part));
  }
  return name.ends_with(' ') ? name + "/" : name;
}

}  // namespace tide::cloud::openstack
