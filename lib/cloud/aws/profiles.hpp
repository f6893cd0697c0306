#pragma once

#include <tide/cloud/aws/credentials.hpp>
#include <tide/util/result.hpp>

#include <map>
#include <optional>
#include <string>

namespace tide::cloud::aws {

using Settings = std::map<std::string, std::string>;

std::string setting(const Settings& settings, const std::string& key);  // "" if absent

// One profile of the AWS tools' two files.
struct Profile {
  Settings settings;                     // of both, the credentials file's count; without the keys themselves
  std::optional<Credentials> shared;     // keys of the credentials file, unchecked
  std::optional<Credentials> in_config;  // keys of the config file, unchecked

  bool has_keys() const { return shared || in_config; }
  // One that STS gives to whoever holds other credentials.
  bool has_role() const { return settings.contains("role_arn") && !settings.contains("web_identity_token_file"); }
};

struct ProfileFiles {
  std::string credentials;
  std::string config;  // "": none

  // As [clouds.x], else the environment, else ~/.aws say. A credentials file named by [clouds.x] stands alone unless a
  // config file is named with it: cron and the shell find the same.
  static Result<ProfileFiles> find(const std::string& credentials_option, const std::string& config_option,
                                   const Environment& environment);
  std::string named() const;  // "a and b"
};

// The AWS tools' shared files. What is absent is empty; a file that cannot be read, or not understood, is an error of
// kind auth.
class Profiles {
 public:
  static Result<Profiles> read(const ProfileFiles& files);

  const Profile* find(const std::string& name) const;
  const Settings* sso_session(const std::string& name) const;
  const Settings* services(const std::string& name) const;
  const ProfileFiles& files() const { return m_files; }

 private:
  ProfileFiles m_files;
  std::map<std::string, Profile> m_profiles;
  std::map<std::string, Settings> m_sso_sessions;
  std::map<std::string, Settings> m_services;
};

// [clouds.x] profile, AWS_PROFILE, AWS_DEFAULT_PROFILE; "" where none is named and "default" is meant.
std::string named_profile(const std::string& option, const Environment& environment);

// "~/x" below HOME; an error of kind auth where HOME is not set.
Result<std::string> expand_home(const std::string& path, const Environment& environment);

// Reads a file with a secret: an error of kind auth if it cannot be read or, unless `by_platform` (a file that a
// container's platform mounts, with modes of its own), if everybody may read it.
Result<Secret> read_secret_file(const std::string& path, bool by_platform = false);
Result<void> check_private(const std::string& path);

}  // namespace tide::cloud::aws
