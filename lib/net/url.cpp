#include <tide/net/url.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::net {

namespace {

constexpr int k_http_port = 80;
constexpr int k_https_port = 443;
constexpr int k_port_max = 65'535;
constexpr std::string_view k_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool is_unreserved(char c) {
  return k_letters.find(c) != std::string_view::npos || c == '-' || c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error bad_url(std::string_view text, std::string_view why) {
  return make_error(ErrorKind::config, "'{}' is no URL that tide can use: {}", printable(redact_url(text), 200), why)
      .with_hint("Write it as https://HOST[:PORT]/PATH.");
}

// A blank or a line end in a URL would let its writer forge a request.
bool is_clean(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f; });
}

bool is_host(std::string_view host, bool bracketed) {
  const std::string_view more = bracketed ? ":.%" : "-._";
  return !host.empty() && std::ranges::all_of(host, [&](char c) {
    return k_letters.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
  });
}

struct HostPort {
  std::string_view host;
  std::string_view port;
  bool bracketed = false;
};

HostPort split_authority(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return {};
    return {.host = text.substr(1, end - 1), .port = rest.empty() ? rest : rest.substr(1), .bracketed = true};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {.host = text};
  return {.host = text.substr(0, colon), .port = text.substr(colon + 1)};
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (own_port) text += ":" + std::to_string(port);
  return text;
}

Result<Url> split_url(std::string_view text) {
  if (!is_clean(text)) return bad_url(text, "it holds a blank or a control character");
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return bad_url(text, "it does not begin with https://");
  Url url{.scheme = to_lower(text.substr(0, colon))};
  if (url.scheme != "http" && url.scheme != "https") return bad_url(text, "only http and https are spoken");
  std::string_view rest = text.substr(colon + 3);
  if (rest.find('#') != std::string_view::npos) return bad_url(text, "it has a fragment");
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  rest.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) return bad_url(text, "it names a user");
  const HostPort place = split_authority(authority);
  if (!is_host(place.host, place.bracketed)) return bad_url(text, "its host is missing or malformed");
  const int usual = url.scheme == "https" ? k_https_port : k_http_port;
  const auto port = place.port.empty() ? std::optional<std::int64_t>(usual) : parse_integer(place.port);
  if (!port || *port < 1 || *port > k_port_max) return bad_url(text, "its port is no port");
  url.host = to_lower(place.host);
  url.port = static_cast<int>(*port);
  url.own_port = url.port != usual;
  const std::size_t question = rest.find('?');
  url.path = rest.substr(0, question);
  if (url.path.empty()) url.path = "/";
  if (question != std::string_view::npos) url.query = rest.substr(question + 1);
  return url;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  constexpr std::string_view k_digits = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || keep.find(c) != std::string_view::npos) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += k_digits[byte >> 4U];
    result += k_digits[byte & 15U];
  }
  return result;
}

std::string percent_decode(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      result += text[i];
      continue;
    }
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

std::string query_string(std::span<const std::pair<std::string, std::string>> parameters) {
  Parameters encoded;
  for (const auto& [name, value] : parameters) encoded.emplace_back(percent_encode(name), percent_encode(value));
  std::ranges::sort(encoded);
  std::string text;
  for (const auto& [name, value] : encoded) text += (text.empty() ? "" : "&") + name + "=" + value;
  return text;
}

Parameters parse_query(std::string_view query) {
  Parameters parameters;
  if (query.empty()) return parameters;
  const auto decode = [](std::string_view text) {
    std::string blanks(text);
    std::ranges::replace(blanks, '+', ' ');
    return percent_decode(blanks);
  };
  for (const auto piece : split(query, '&')) {
    const std::size_t equals = piece.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : piece.substr(equals + 1);
    parameters.emplace_back(decode(piece.substr(0, equals)), decode(value));
  }
  return parameters;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // 127.evil.example is a name like any other.
  const auto parts = split(host, '.');
  return parts.size() == 4 && parts.front() == "127" && std::ranges::all_of(parts, [](std::string_view part) {
           const auto number = parse_integer(part);
           return number && *number >= 0 && *number <= 255;
         });
}

std::string redact_url(std::string_view url) {
  std::string text(url.substr(0, url.find_first_of("?#")));
  const std::size_t scheme = text.find("://");
  if (scheme != std::string::npos) {
    const std::size_t end = text.find('/', scheme + 3);
    const std::size_t user = text.rfind('@', end);
    if (user != std::string::npos && user > scheme) text.erase(scheme + 3, user - scheme - 2);
  }
  if (url.find('?') != std::string_view::npos) text += "?...";
  return text;
}

std::string redact_header(std::string_view name, std::string_view value) {
  constexpr std::array<std::string_view, 9> k_secret{"authorization",
                                                     "proxy-authorization",
                                                     "cookie",
                                                     "set-cookie",
                                                     "x-auth-token",
                                                     "x-subject-token",
                                                     "x-amz-security-token",
                                                     "x-aws-ec2-metadata-token",
                                                     "x-amz-sso_bearer_token"};
  const std::string lower = to_lower(name);
  return std::ranges::find(k_secret, lower) == k_secret.end() ? std::string(value) : "[secret]";
}

}  // namespace tide::net
