#pragma once

#include <tide/cloud/aws/credentials.hpp>
#include <tide/net/transport.hpp>
#include <tide/util/clock.hpp>

#include <string>

namespace tide::cloud::aws {

// S3 signs a path as it is written; every other service removes dots and double slashes and encodes once more.
enum class PathStyle { normalized, as_written };

// Where and when a signature is good. The time comes in: signing reads no clock.
struct SigningScope {
  TimePoint time{};
  std::string region;
  std::string service;
  PathStyle path_style = PathStyle::normalized;
};

// All steps of AWS Signature Version 4, header form, so that tests can compare each.
struct Signature {
  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;      // 64 hex digits
  std::string authorization;  // value of the header

  bool operator==(const Signature&) const = default;
};

// Signs every header that the request has (but those that proxies change: User-Agent, Expect, X-Amzn-Trace-Id), the
// query, the path and the body. Without a Host header, the one that belongs to the URL is signed.
Signature sign(const net::Request& request, const Credentials& credentials, const SigningScope& scope);

// The request with Host, X-Amz-Date, X-Amz-Security-Token (if there is a session token) and Authorization set.
net::Request signed_request(net::Request request, const Credentials& credentials, const SigningScope& scope);

// "20150830T123600Z"
std::string amz_date(TimePoint time);

}  // namespace tide::cloud::aws
