#pragma once

#include <tide/util/result.hpp>
#include <tide/util/secret.hpp>

#include <map>
#include <string>

namespace tide::cloud::aws {

struct Credentials {
  std::string access_key;
  Secret secret_key;
  Secret session_token;  // of temporary ones; else empty
  std::string source;    // "profile 'x' in /path": for hints

  bool operator==(const Credentials&) const = default;
};

// [clouds.x] profile and credentials_file; "" where not given.
struct CredentialOptions {
  std::string profile;
  std::string credentials_file;

  bool operator==(const CredentialOptions&) const = default;
};

using Environment = std::map<std::string, std::string>;

// As the AWS tools find them, without any call: the environment's keys (unless an option names a profile or a file),
// else the profile in the shared credentials file, else in the config file. Nothing found, or a profile that needs what
// this version does not do (a role, SSO, a process), is an error of kind auth whose hint names where to put them.
Result<Credentials> find_credentials(const CredentialOptions& options, const Environment& environment);

}  // namespace tide::cloud::aws
