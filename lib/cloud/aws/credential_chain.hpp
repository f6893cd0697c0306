#pragma once

#include <tide/cloud/aws/credentials.hpp>
#include <tide/cloud/aws/endpoints.hpp>
#include <tide/cloud/aws/profiles.hpp>
#include <tide/net/transport.hpp>
#include <tide/process/command_runner.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tide::cloud::aws {

// What [clouds.x] says; "" where not given.
struct CredentialOptions {
  std::string cloud;  // its name, for messages
  std::string region;
  std::string profile;
  std::string credentials_file;
  std::string config_file;
  std::string access_key_env;  // names of variables
  std::string secret_key_env;
  std::string session_token_env;
  std::string sts_endpoint;
  std::string ca_file;
  std::string proxy;
  EndpointVariant variant;

  bool operator==(const CredentialOptions&) const = default;
};

struct CredentialPorts {
  net::Transport& transport;
  process::CommandRunner& runner;
  Clock& clock;
  Random& random;
};

// Finds credentials in botocore's order: variables that [clouds.x] names; the environment's keys (unless a profile or a
// file is named); the profile's role, web identity, SSO, keys, process; the container's endpoint; the instance
// metadata. Files are read anew each time. What is temporary is kept in memory, never on disk, and renewed 15 minutes
// before its end: until 10 minutes before it a failure to do so is passed over; the instance's role is kept even beyond
// its end.
class CredentialChain final : public CredentialSource {
 public:
  CredentialChain(CredentialOptions options, Environment environment, const CredentialPorts& ports)
      : m_options(std::move(options)), m_environment(std::move(environment)), m_ports(ports) {}

  Result<Credentials> get() override;
  bool renew() override;

 private:
  using Found = Result<std::optional<Credentials>>;

  Result<Credentials> find();
  Result<Credentials> kept_or(Error error, TimePoint now);
  Result<Credentials> held(Credentials credentials, TimePoint now);
  Result<Credentials> from_named_variables() const;
  Found from_environment() const;
  Found from_profile(const std::string& name, const Profile& profile, bool by_environment);
  Found from_web_identity(const std::string& name, const Profile& profile, bool by_environment);
  Result<Credentials> from_role(const std::string& name, std::vector<std::string>& visited);
  Result<Credentials> source_of_role(const std::string& name, const Profile& profile,
                                     std::vector<std::string>& visited);
  Result<Credentials> from_machine();
  Result<Credentials> named_source(const std::string& name, const std::string& source);
  Surroundings around(const Profile* profile) const { return {m_environment, &*m_profiles, profile}; }
  std::string session_name(const std::string& chosen) const;

  CredentialOptions m_options;
  Environment m_environment;
  CredentialPorts m_ports;
  std::optional<Profiles> m_profiles;  // of the search that is going on
  std::string m_profile_name;
  bool m_asked = false;  // this search went beyond files: it is not repeated at once
  std::optional<Credentials> m_held;
  TimePoint m_hold_until{};  // no renewal before; for those without an expiry, their end
  bool m_must_renew = false;
  std::optional<Error> m_failure;
  std::chrono::milliseconds m_failed_at{};  // monotonic
};

}  // namespace tide::cloud::aws
