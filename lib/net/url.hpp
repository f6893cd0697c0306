#pragma once

#include <tide/util/result.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tide::net {

struct Url {
  std::string scheme;     // "http" or "https"
  std::string host;       // lower case; IPv6 without brackets
  int port = 0;           // as written or the scheme's own
  bool own_port = false;  // written, and not the scheme's own
  std::string path;       // as written; at least "/"
  std::string query;      // without "?"

  // What a Host header says: brackets round IPv6, the port only if it is not the scheme's own.
  std::string authority() const;
  bool operator==(const Url&) const = default;
};

// Absolute http and https URLs without user, password or fragment. Errors are of kind config.
Result<Url> split_url(std::string_view text);

// RFC 3986, as SigV4 wants it: all but letters, digits, -._~ and what is to be kept, as %XX in capitals.
std::string percent_encode(std::string_view text, std::string_view keep = "");
std::string percent_decode(std::string_view text);  // a stray % stays; "+" stays
using Parameters = std::vector<std::pair<std::string, std::string>>;
std::string query_string(
    std::span<const std::pair<std::string, std::string>> parameters);  // encoded, sorted by code point
Parameters parse_query(std::string_view query);                        // of a form too: "+" is a blank

bool is_loopback(std::string_view host);  // localhost, 127.0.0.0/8, ::1

// For logs and messages: what may hold a secret is cut out.
std::string redact_url(std::string_view url);  // "https://host/path?..."
std::string redact_header(std::string_view name, std::string_view value);

}  // namespace tide::net
