#pragma once

#include <tide/cloud/openstack/auth_settings.hpp>
#include <tide/net/transport.hpp>
#include <tide/util/clock.hpp>

namespace tide::cloud::openstack {

struct Endpoint {
  std::string service;  // type: "compute"
  std::string interface;
  std::string region;
  std::string url;

  bool operator==(const Endpoint&) const = default;
};

struct Token {
  Secret id;
  TimePoint expires{};
  std::string user;
  std::string project_id;
  std::string project;
  std::vector<std::string> roles{};  // names; not kept between runs
  std::vector<Endpoint> catalogue;

  bool operator==(const Token&) const = default;
};

// The body of POST /v3/auth/tokens.
Secret auth_body(const AuthSettings& settings);

// A 201 of it. What is not such a document is of kind protocol.
Result<Token> parse_token(const net::Response& response);

// The token as it is kept between runs, and back; nothing if the text is not one.
std::string token_text(const Token& token, const std::string& digest);
std::optional<Token> token_from(const std::string& text, const std::string& digest);

// The URL of a service for this region and interface; an error of kind config that names what there is.
Result<std::string> endpoint_of(const Token& token, const AuthSettings& settings, const std::string& service);
bool has_service(const Token& token, const AuthSettings& settings, const std::string& service);

}  // namespace tide::cloud::openstack
