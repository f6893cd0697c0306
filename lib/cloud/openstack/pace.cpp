#include <tide/cloud/openstack/pace.hpp>

#include <tide/util/text.hpp>

#include <array>

namespace tide::cloud::openstack {
Result<Rates> parse_rates(const std::vector<std::string>& lines) {
  Rates rates;
  const std::array<net::NamedRate, 4> known{
      {{"read", rates.read}, {"launch", rates.launch}, {"end", rates.end}, {"other", rates.other}}};
  TIDE_TRY(net::set_rates(lines, known, "launch 20/5"));
  return rates;
}

net::Draw draw_for(const std::string& method, const std::string& path, const Rates& rates, const std::string& account) {
  if (method == "GET") return {.bucket = account + "/read", .rate = rates.read};
  if (method == "DELETE") return {.bucket = account + "/end", .rate = rates.end};
  if (method == "POST" && path == "/servers") return {.bucket = account + "/launch", .rate = rates.launch};
  return {.bucket = account + "/other", .rate = rates.other};
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
