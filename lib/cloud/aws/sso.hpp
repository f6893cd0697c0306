#pragma once

#include <tide/cloud/aws/credentials.hpp>
#include <tide/cloud/aws/endpoints.hpp>
#include <tide/net/transport.hpp>

#include <string>

namespace tide::cloud::aws {

// Does this profile get its keys by SSO?
bool uses_sso(const Profile& profile);

struct SsoPlace {
  std::string ca_file;
  std::string proxy;
  EndpointVariant variant;
};

// The role's keys for the token that `aws sso login` left in ~/.aws/sso/cache, which is only read: a token that is not
// there or has expired is an error of kind auth that says to log in.
Result<Credentials> ask_sso(const std::string& profile_name, const Surroundings& around, const SsoPlace& place,
                            net::Transport& transport, Clock& clock);

}  // namespace tide::cloud::aws
