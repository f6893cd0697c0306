#include <tide/cloud/aws/sigv4.hpp>

#include <tide/net/url.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace tide::cloud::aws {
namespace {

constexpr std::string_view k_algorithm = "AWS4-HMAC-SHA256";
// botocore leaves these unsigned too: what stands between may change them. Authorization is the result itself.
constexpr std::array<std::string_view, 4> k_unsigned{"authorization", "expect", "user-agent", "x-amzn-trace-id"};

struct UrlParts {
  std::string host;   // lower case, with the port unless it is the scheme's own
  std::string path;   // as written
  std::string query;  // without '?'
};

UrlParts parts_of(std::string_view url) {
  UrlParts parts;
  url = url.substr(0, url.find('#'));
  const std::size_t scheme_end = url.find("://");
  const std::string scheme = scheme_end == std::string_view::npos ? "" : to_lower(url.substr(0, scheme_end));
  if (scheme_end != std::string_view::npos) url.remove_prefix(scheme_end + 3);
  const std::size_t host_end = std::min(url.find_first_of("/?"), url.size());
  parts.host = to_lower(url.substr(0, host_end));
  if (const std::size_t at = parts.host.rfind('@'); at != std::string::npos) parts.host.erase(0, at + 1);
  const std::string_view usual_port = scheme == "https" ? ":443" : ":80";
  if (parts.host.ends_with(usual_port)) parts.host.resize(parts.host.size() - usual_port.size());
  url.remove_prefix(host_end);
  const std::size_t mark = url.find('?');
  parts.path = url.substr(0, mark);
  if (mark != std::string_view::npos) parts.query = url.substr(mark + 1);
  return parts;
}

// RFC 3986 section 5.2.4, and double slashes become one.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : split(path, '/')) {
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string text;
  for (const std::string_view segment : kept) text.append("/").append(segment);
  if (text.empty() || path.back() == '/') text += '/';
  return text;
}

std::string canonical_path(const std::string& path, PathStyle style) {
  if (path.empty()) return "/";
  if (style == PathStyle::as_written) return net::percent_encode(path, "/%");
  return net::percent_encode(without_dots(path), "/");
}

// Pairs in the order of their bytes. What is written encoded stays so; only what may not stand in a URL is encoded
// here.
std::string canonical_query(std::string_view query) {
  if (query.empty()) return "";
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    constexpr std::string_view k_as_written = "%!$'()*+,;:@/?=";
    pairs.emplace_back(net::percent_encode(pair.substr(0, equals), k_as_written),
                       net::percent_encode(value, k_as_written));
  }
  std::ranges::sort(pairs);
  std::string text;
  for (const auto& [key, value] : pairs) {
    if (!text.empty()) text += '&';
    text.append(key).append("=").append(value);
  }
  return text;
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Blanks at the ends go, runs of them within become one space.
std::string folded(std::string_view value) {
  std::string text;
  bool blank = false;
  for (const char c : value) {
    if (is_blank(c)) {
      blank = !text.empty();
      continue;
    }
    if (blank) text += ' ';
    blank = false;
    text += c;
  }
  return text;
}

// By lower-case name; values of one name joined in the order in which they came.
std::map<std::string, std::string> headers_to_sign(const net::Request& request, const std::string& host) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) {
    const std::string key = to_lower(name);
    if (std::ranges::find(k_unsigned, key) != k_unsigned.end()) continue;
    const auto [at, added] = headers.emplace(key, folded(value));
    if (!added) at->second.append(",").append(folded(value));
  }
  headers.emplace("host", host);
  return headers;
}

std::string scope_of(const SigningScope& scope) {
  return amz_date(scope.time).substr(0, 8) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

std::string signing_key(const Credentials& credentials, const SigningScope& scope) {
  const std::string day = hmac_sha256("AWS4" + credentials.secret_key.reveal(), amz_date(scope.time).substr(0, 8));
  return hmac_sha256(hmac_sha256(hmac_sha256(day, scope.region), scope.service), "aws4_request");
}

void set_header(net::Headers& headers, std::string_view name, std::string value) {
  std::erase_if(headers, [&](const auto& header) { return to_lower(header.first) == to_lower(name); });
  headers.emplace_back(name, std::move(value));
}

}  // namespace

std::string amz_date(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

Signature sign(const net::Request& request, const Credentials& credentials, const SigningScope& scope) {
  const UrlParts url = parts_of(request.url);
  const auto headers = headers_to_sign(request, url.host);
  std::string lines;
  std::string names;
  for (const auto& [name, value] : headers) {
    lines.append(name).append(":").append(value).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
  }
  const auto declared = headers.find("x-amz-content-sha256");
  const std::string payload = declared == headers.end() ? to_hex(sha256(request.body)) : declared->second;

  Signature result;
  result.canonical_request = request.method + "\n" + canonical_path(url.path, scope.path_style) + "\n" +
                             canonical_query(url.query) + "\n" + lines + "\n" + names + "\n" + payload;
  result.string_to_sign = std::string(k_algorithm) + "\n" + amz_date(scope.time) + "\n" + scope_of(scope) + "\n" +
                          to_hex(sha256(result.canonical_request));
  result.signature = to_hex(hmac_sha256(signing_key(credentials, scope), result.string_to_sign));
  result.authorization = std::string(k_algorithm) + " Credential=" + credentials.access_key + "/" + scope_of(scope) +
                         ", SignedHeaders=" + names + ", Signature=" + result.signature;
  return result;
}

net::Request signed_request(net::Request request, const Credentials& credentials, const SigningScope& scope) {
  set_header(request.headers, "Host", parts_of(request.url).host);
  set_header(request.headers, "X-Amz-Date", amz_date(scope.time));
  if (!credentials.session_token.empty())
    set_header(request.headers, "X-Amz-Security-Token", credentials.session_token.reveal());
  set_header(request.headers, "Authorization", sign(request, credentials, scope).authorization);
  return request;
}

}  // namespace tide::cloud::aws
