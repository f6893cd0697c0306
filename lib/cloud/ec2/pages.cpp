#include <tide/cloud/ec2/pages.hpp>

namespace tide::cloud::ec2 {
namespace {

// Of 1000 each: a cluster beyond a million machines is a server that pages in a circle.
constexpr std::size_t k_page_max = 1000;

}  // namespace

std::string literal(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '*' || c == '?' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

Result<void> check_token(const std::string& cloud, const std::string& token, std::set<std::string>& seen) {
  if (seen.insert(token).second && seen.size() <= k_page_max) return {};
  return make_error(ErrorKind::protocol,
                    "cloud '{}' pages in a circle: it gave a NextToken twice, or more than {} of them", cloud,
                    k_page_max)
      .with_hint("Check that [clouds." + cloud + "] endpoint is an EC2 API.");
}

}  // namespace tide::cloud::ec2
