#include <tide/cloud/aws/credentials.hpp>

#include <tide/cloud/aws/ini.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace tide::cloud::aws {
namespace {

constexpr std::string_view k_where_to_put =
    "Name a profile with [clouds.x] profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.";
// Keys of a profile that gets its credentials by a call or a process.
constexpr std::array<std::string_view, 6> k_not_yet{"role_arn",    "credential_process", "sso_start_url",
                                                    "sso_session", "source_profile",     "web_identity_token_file"};

std::string value_of(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto at = map.find(key);
  return at == map.end() ? std::string() : at->second;
}

std::string first_of(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::string value = value_of(environment, name); !value.empty()) return value;
  }
  return "";
}

// What goes into headers must not break out of them.
bool is_token(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
}

Result<Credentials> checked(Credentials credentials) {
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return make_error(ErrorKind::auth, "{} has only half of an access key", credentials.source)
        .with_hint("Give both the access key ID and the secret access key.");
  }
  if (!is_token(credentials.access_key) || !is_token(credentials.secret_key.reveal()) ||
      !is_token(credentials.session_token.reveal())) {
    return make_error(ErrorKind::auth, "{} holds an access key with characters that none has", credentials.source)
        .with_hint("Look for blanks and quotes around the values.");
  }
  return credentials;
}

Result<std::string> expand_home(const std::string& path, const Environment& environment) {
  if (!path.starts_with("~/")) return path;
  const std::string home = value_of(environment, "HOME");
  if (home.empty()) {
    return make_error(ErrorKind::auth, "'{}' cannot be found: HOME is not set", path)
        .with_hint("Name the file with [clouds.x] credentials_file.");
  }
  return home + path.substr(1);
}

struct Place {
  std::string path;
  std::string section;
};

// Nothing if the file or the section in it is absent, or the section holds no key.
Result<std::optional<Credentials>> read_place(const Place& place, const std::string& profile) {
  if (!file_exists(place.path)) return std::optional<Credentials>();
  auto text = read_file(place.path);
  if (!text) {
    Error error = std::move(text).error();
    error.kind = ErrorKind::auth;
    return std::move(error).with_hint("Let the user who runs tide read it.");
  }
  auto ini = parse_ini(*text);
  if (!ini) {
    return make_error(ErrorKind::auth, "'{}' cannot be read: {}", place.path, ini.error().message)
        .with_hint("Correct the file; the AWS tools document its form.");
  }
  const auto section = ini->find(place.section);
  if (section == ini->end()) return std::optional<Credentials>();
  for (const std::string_view key : k_not_yet) {
    if (!section->second.contains(std::string(key))) continue;
    return make_error(ErrorKind::auth, "profile '{}' in {} uses '{}', which is not in this version", profile,
                      place.path, key)
        .with_hint("Use a profile with aws_access_key_id and aws_secret_access_key.");
  }
  Credentials found{.access_key = value_of(section->second, "aws_access_key_id"),
                    .secret_key = Secret(value_of(section->second, "aws_secret_access_key")),
                    .session_token = Secret(first_of(section->second, {"aws_session_token", "aws_security_token"})),
                    .source = "profile '" + profile + "' in " + place.path};
  if (found.access_key.empty() && found.secret_key.empty()) return std::optional<Credentials>();
  TIDE_TRY_ASSIGN(found, checked(std::move(found)));
  return std::optional<Credentials>(std::move(found));
}

}  // namespace

Result<Credentials> find_credentials(const CredentialOptions& options, const Environment& environment) {
  const bool named = !options.profile.empty() || !options.credentials_file.empty();
  if (!named) {
    Credentials found{.access_key = value_of(environment, "AWS_ACCESS_KEY_ID"),
                      .secret_key = Secret(value_of(environment, "AWS_SECRET_ACCESS_KEY")),
                      .session_token = Secret(first_of(environment, {"AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"})),
                      .source = "the environment's AWS_ACCESS_KEY_ID"};
    if (!found.access_key.empty() || !found.secret_key.empty()) return checked(std::move(found));
  }
  std::string profile = options.profile;
  if (profile.empty()) profile = first_of(environment, {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"});
  if (profile.empty()) profile = "default";

  std::vector<Place> places;
  std::string credentials_file = options.credentials_file;
  if (credentials_file.empty()) credentials_file = value_of(environment, "AWS_SHARED_CREDENTIALS_FILE");
  if (credentials_file.empty()) credentials_file = "~/.aws/credentials";
  places.push_back({.path = credentials_file, .section = profile});
  if (options.credentials_file.empty()) {
    std::string config_file = value_of(environment, "AWS_CONFIG_FILE");
    if (config_file.empty()) config_file = "~/.aws/config";
    if (profile == "default") places.push_back({.path = config_file, .section = profile});
    places.push_back({.path = config_file, .section = "profile " + profile});
  }
  std::string looked;
  for (Place& place : places) {
    TIDE_TRY_ASSIGN(place.path, expand_home(place.path, environment));
    TIDE_TRY_ASSIGN(auto found, read_place(place, profile));
    if (found) return std::move(*found);
    if (!looked.ends_with(place.path)) looked.append(looked.empty() ? "" : " and ").append(place.path);
  }
  Error none = make_error(ErrorKind::auth, "profile '{}' has no credentials in {}", profile, looked);
  if (!named) none.context.emplace_back("AWS_ACCESS_KEY_ID is not set");
  return std::move(none).with_hint(std::string(k_where_to_put));
}

}  // namespace tide::cloud::aws
