#pragma once

#include <tide/cloud/openstack/clouds_yaml.hpp>
#include <tide/util/secret.hpp>

namespace tide::cloud::openstack {

using Environment = std::map<std::string, std::string>;

enum class AuthMethod { password, application_credential, token };

// A user, project or domain: by ID, or by name within a domain.
struct Named {
  std::string id;
  std::string name;
  std::string domain_id;
  std::string domain_name;

  bool empty() const { return id.empty() && name.empty(); }
  bool operator==(const Named&) const = default;
};

// Who asks Keystone, for what, and how to reach the services.
struct AuthSettings {
  std::string source;    // for messages: "cloud 'nectar' in /etc/openstack/clouds.yaml", "the environment's OS_*"
  std::string auth_url;  // with /v3
  AuthMethod method = AuthMethod::password;
  Named user;
  Secret secret;          // password, application credential's secret, or token
  Named credential;       // application credential: ID, or name with `user`
  Named project;          // scope; empty for application credentials
  std::string domain_id;  // scope instead of a project
  std::string domain_name;
  std::string region;
  std::string interface = "public";
  std::map<std::string, std::string> endpoint_override;  // service type: URL
  std::string ca_file;
  std::string proxy;
  bool insecure = false;
  std::string compute_api_version;  // no newer microversion than this; "": the newest that tide knows

  bool operator==(const AuthSettings&) const = default;
};

// What [clouds.x] says; it beats the files and the environment.
struct AuthOptions {
  std::string cloud;        // an entry of clouds.yaml
  std::string clouds_file;  // where; else as the tools look for it
  std::string region;
  std::string interface;
  std::string endpoint;  // of compute
  std::string ca_file;
  std::string proxy;
  bool insecure = false;
};

// As openstackclient finds them: `cloud` or OS_CLOUD in clouds.yaml (beside it secure.yaml, and the profiles of
// clouds-public.yaml), else OS_*, else the only entry of clouds.yaml. Kind config: nothing there, or not understood;
// auth: a file that this user may not read, or that holds a secret and that everybody may read.
Result<AuthSettings> find_auth(const AuthOptions& options, const Environment& environment);

// The key of a cloud's entry that names a service's endpoint: "block_storage_endpoint_override".
std::string override_key(const std::string& service);

// A digest of everything that a token comes from, the secret included.
std::string digest_of(const AuthSettings& settings);

// "user 'scaler', project 'hpc' (cloud 'nectar' in /etc/openstack/clouds.yaml)"; no secret.
std::string described(const AuthSettings& settings);

}  // namespace tide::cloud::openstack
