#pragma once

#include <tide/cloud/aws/credentials.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tide::cloud::aws {

using FormParameters = std::vector<std::pair<std::string, std::string>>;

// AWS Signature Version 2, HmacSHA256, for servers that know only that: `parameters` with AWSAccessKeyId,
// SignatureVersion, SignatureMethod, Timestamp, SecurityToken (if there is a session token) and Signature added, to be
// sent as they are. The host is signed in lower case, with its port unless it is the scheme's own.
FormParameters sign_v2(const std::string& method, const std::string& url, FormParameters parameters,
                       const Credentials& credentials, TimePoint time);

// The text that is signed, for tests: method, host, path and the sorted parameters, a line each.
std::string string_to_sign_v2(const std::string& method, const std::string& url, const FormParameters& parameters);

}  // namespace tide::cloud::aws
