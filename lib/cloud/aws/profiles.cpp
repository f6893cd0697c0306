#include <tide/cloud/aws/profiles.hpp>

#include <tide/cloud/aws/ini.hpp>
#include <tide/util/files.hpp>

#include <algorithm>

namespace tide::cloud::aws {
namespace {

constexpr std::size_t k_secret_max = 64U << 10U;

Error as_auth(Error error, const std::string& hint) {
  error.kind = ErrorKind::auth;
  return std::move(error).with_hint(hint);
}

Result<Ini> read_ini(const std::string& path) {
  if (path.empty() || !file_exists(path)) return Ini();
  auto text = read_file(path);
  if (!text) return as_auth(std::move(text).error(), "Let the user who runs tide read it.");
  auto ini = parse_ini(*text);
  if (ini) return ini;
  return make_error(ErrorKind::auth, "'{}' cannot be read: {}", path, ini.error().message)
      .with_hint("Correct the file; the AWS tools document its form.");
}

// Takes the keys out of the settings, so that no secret stays among them.
std::optional<Credentials> take_keys(Settings& settings, const std::string& name, const std::string& path) {
  const auto take = [&](const char* key) {
    auto node = settings.extract(key);
    return node.empty() ? std::string() : std::move(node.mapped());
  };
  std::string security_token = take("aws_security_token");  // botocore looks there first
  std::string session_token = take("aws_session_token");
  Credentials found{.access_key = take("aws_access_key_id"),
                    .secret_key = Secret(take("aws_secret_access_key")),
                    .session_token = Secret(security_token.empty() ? session_token : security_token),
                    .source = "profile '" + name + "' in " + path,
                    .expires = {}};
  if (found.access_key.empty() && found.secret_key.empty()) return std::nullopt;
  return found;
}

// "profile x" -> "x"; "" if it is no such section.
std::string name_after(const std::string& section, std::string_view kind) {
  return section.starts_with(std::string(kind) + " ") ? section.substr(kind.size() + 1) : std::string();
}

}  // namespace

std::string setting(const Settings& settings, const std::string& key) {
  const auto at = settings.find(key);
  return at == settings.end() ? std::string() : at->second;
}

std::string named_profile(const std::string& option, const Environment& environment) {
  return option.empty() ? variable(environment, {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) : option;
}

Result<std::string> expand_home(const std::string& path, const Environment& environment) {
  if (!path.starts_with("~/")) return path;
  const std::string home = variable(environment, {"HOME"});
  if (home.empty()) {
    return make_error(ErrorKind::auth, "'{}' cannot be found: HOME is not set", path)
        .with_hint("Name the file with [clouds.x] credentials_file.");
  }
  return home + path.substr(1);
}

Result<void> check_private(const std::string& path) {
  if (!others_may_read(path)) return {};
  return make_error(ErrorKind::auth, "'{}' holds a secret and may be read by everybody", path)
      .with_hint("Run: chmod o-rwx '" + path + "'");
}

Result<Secret> read_secret_file(const std::string& path, bool by_platform) {
  auto text = read_file(path, k_secret_max);
  if (!text) return as_auth(std::move(text).error(), "Let the user who runs tide read it.");
  if (!by_platform) TIDE_TRY(check_private(path));
  return Secret(std::move(*text));
}

Result<ProfileFiles> ProfileFiles::find(const std::string& credentials_option, const std::string& config_option,
                                        const Environment& environment) {
  ProfileFiles files{.credentials = credentials_option, .config = config_option};
  if (files.credentials.empty()) files.credentials = variable(environment, {"AWS_SHARED_CREDENTIALS_FILE"});
  if (files.credentials.empty()) files.credentials = "~/.aws/credentials";
  if (files.config.empty() && credentials_option.empty()) {
    files.config = variable(environment, {"AWS_CONFIG_FILE"});
    if (files.config.empty()) files.config = "~/.aws/config";
  }
  TIDE_TRY_ASSIGN(files.credentials, expand_home(files.credentials, environment));
  TIDE_TRY_ASSIGN(files.config, expand_home(files.config, environment));
  return files;
}

std::string ProfileFiles::named() const {
  return config.empty() || config == credentials ? credentials : credentials + " and " + config;
}

Result<Profiles> Profiles::read(const ProfileFiles& files) {
  Profiles profiles;
  profiles.m_files = files;
  TIDE_TRY_ASSIGN(Ini config, read_ini(files.config));
  TIDE_TRY_ASSIGN(Ini credentials, read_ini(files.credentials));
  for (auto& [section, settings] : config) {
    if (const std::string session = name_after(section, "sso-session"); !session.empty()) {
      profiles.m_sso_sessions[session] = settings;
    } else if (const std::string services = name_after(section, "services"); !services.empty()) {
      profiles.m_services[services] = settings;
    } else if (const std::string name = section == "default" ? section : name_after(section, "profile");
               !name.empty()) {
      // "[profile default]" counts before "[default]", whichever is read last.
      Profile& profile = profiles.m_profiles[name];
      profile.in_config = take_keys(settings, name, files.config);
      profile.settings = settings;
    }
  }
  for (auto& [section, settings] : credentials) {
    // "[profile x]" there is what many write, and no AWS tool reads.
    Profile& profile = profiles.m_profiles[section];
    profile.shared = take_keys(settings, section, files.credentials);
    for (const auto& [key, value] : settings) profile.settings[key] = value;
  }
  return profiles;
}

const Profile* Profiles::find(const std::string& name) const {
  const auto at = m_profiles.find(name);
  return at == m_profiles.end() ? nullptr : &at->second;
}

const Settings* Profiles::sso_session(const std::string& name) const {
  const auto at = m_sso_sessions.find(name);
  return at == m_sso_sessions.end() ? nullptr : &at->second;
}

const Settings* Profiles::services(const std::string& name) const {
  const auto at = m_services.find(name);
  return at == m_services.end() ? nullptr : &at->second;
}

}  // namespace tide::cloud::aws
