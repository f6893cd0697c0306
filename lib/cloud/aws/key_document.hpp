#pragma once

#include <tide/cloud/aws/credentials.hpp>
#include <tide/net/transport.hpp>

#include <string>
#include <vector>

// JSON documents that hold a key. What is wrong with one is told without a word of its text: it may be a secret.
namespace tide::cloud::aws {

// The strings of one JSON object, numbers as they are written; objects in it are "outer.inner". An error of kind auth
// for what is no such document, naming `source`.
Result<std::map<std::string, std::string>> parse_key_document(std::string_view text, const std::string& source);

// RFC 3339 with any offset; also botocore's "2020-06-17T10:02:08UTC".
std::optional<TimePoint> parse_expiry(std::string text);

struct KeyNames {
  const char* access_key = "AccessKeyId";
  const char* secret_key = "SecretAccessKey";
  const char* session_token = "Token";
  const char* expires = "Expiration";
};

// Checked credentials; an expiry that is there must be readable, and be there if `temporary`.
Result<Credentials> to_credentials(const std::map<std::string, std::string>& document, const KeyNames& names,
                                   const std::string& source, bool temporary);

// An expiry by the peer's clock as one by ours: `date` is the peer's Date header. Differences below 4 minutes are none.
TimePoint by_our_clock(TimePoint theirs, std::string_view date, TimePoint now);

}  // namespace tide::cloud::aws
