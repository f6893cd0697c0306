#include <tide/cloud/aws/sso.hpp>

#include <tide/cloud/aws/key_document.hpp>
#include <tide/net/url.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

namespace tide::cloud::aws {
namespace {

struct SsoSettings {
  std::string session;  // "": the older form, without [sso-session]
  std::string start_url;
  std::string region;
  std::string account;
  std::string role;
};

std::string log_in(const std::string& profile) {
  return "Run as the user who runs tide: aws sso login --profile " + profile;
}

Result<SsoSettings> settings_of(const std::string& name, const Surroundings& around) {
  Settings merged = around.profile->settings;
  SsoSettings found{
      .session = setting(merged, "sso_session"), .start_url = {}, .region = {}, .account = {}, .role = {}};
  if (!found.session.empty()) {
    const Settings* session = around.profiles->sso_session(found.session);
    if (session == nullptr) {
      return make_error(ErrorKind::auth, "profile '{}' uses sso_session '{}', which is not in {}", name,
                        printable(found.session, 60), around.profiles->files().named())
          .with_hint("Add [sso-session " + printable(found.session, 60) + "] with sso_start_url and sso_region.");
    }
    for (const auto& [key, value] : *session) {
      const auto [at, added] = merged.emplace(key, value);
      if (added || at->second == value) continue;
      return make_error(ErrorKind::auth, "profile '{}' and its sso_session differ in '{}'", name, key)
          .with_hint("Take the line out of the profile.");
    }
  }
  const auto need = [&](const char* key, std::string& into) -> Result<void> {
    into = setting(merged, key);
    if (!into.empty()) return {};
    return make_error(ErrorKind::auth, "profile '{}' uses SSO without '{}'", name, key)
        .with_hint("Run: aws configure sso --profile " + name);
  };
  TIDE_TRY(need("sso_start_url", found.start_url));
  TIDE_TRY(need("sso_region", found.region));
  TIDE_TRY(need("sso_account_id", found.account));
  TIDE_TRY(need("sso_role_name", found.role));
  if (is_region(found.region)) return found;
  return make_error(ErrorKind::auth, "profile '{}' has an sso_region that is none", name)
      .with_hint("Write it as eu-central-1.");
}

Result<Secret> cached_token(const std::string& name, const SsoSettings& sso, const Environment& environment,
                            TimePoint now) {
  const std::string key = to_hex(sha1(sso.session.empty() ? sso.start_url : sso.session));
  TIDE_TRY_ASSIGN(const std::string path, expand_home("~/.aws/sso/cache/" + key + ".json", environment));
  if (!file_exists(path)) {
    return make_error(ErrorKind::auth, "profile '{}' is not logged in: '{}' is not there", name, path)
        .with_hint(log_in(name));
  }
  TIDE_TRY_ASSIGN(const Secret text, read_secret_file(path));
  auto document = parse_key_document(text.reveal(), "'" + path + "'");
  if (!document) return std::move(document).error().with_hint(log_in(name));
  Secret token((*document)["accessToken"]);
  const auto expires = parse_expiry((*document)["expiresAt"]);
  if (token.empty() || !is_token(token.reveal()) || !expires) {
    return make_error(ErrorKind::auth, "'{}' holds no token with an expiry", path).with_hint(log_in(name));
  }
  if (*expires > now) return token;
  return make_error(ErrorKind::auth, "profile '{}' is logged in no more: its SSO token was good until {}", name,
                    format_time(*expires))
      .with_hint(log_in(name));
}

Error refused(const net::Response& answer, const std::string& name) {
  const bool logged_out = answer.status == 401;
  return make_error(ErrorKind::auth, "SSO refuses the role of profile '{}' (HTTP status {})", name, answer.status)
      .with_hint(logged_out ? log_in(name) : "Check sso_account_id and sso_role_name of the profile.");
}

// {"roleCredentials": {..., "expiration": milliseconds}}
Result<Credentials> read(const net::Response& answer, const std::string& source, TimePoint now) {
  TIDE_TRY_ASSIGN(auto document, parse_key_document(answer.body, source));
  std::string& expiration = document["roleCredentials.expiration"];
  const auto milliseconds = parse_integer(expiration);
  constexpr std::int64_t k_year_9999 = 253'402'300'799'000;
  if (!milliseconds || *milliseconds < 0 || *milliseconds > k_year_9999) {
    return make_error(ErrorKind::auth, "{} gave credentials whose 'expiration' is no time", source);
  }
  expiration = format_time(TimePoint(Seconds(*milliseconds / 1000)));
  TIDE_TRY_ASSIGN(Credentials found, to_credentials(document,
                                                    {.access_key = "roleCredentials.accessKeyId",
                                                     .secret_key = "roleCredentials.secretAccessKey",
                                                     .session_token = "roleCredentials.sessionToken",
                                                     .expires = "roleCredentials.expiration"},
                                                    source, true));
  found.expires = by_our_clock(*found.expires, answer.header("Date"), now);
  return found;
}

}  // namespace

bool uses_sso(const Profile& profile) {
  return profile.settings.contains("sso_account_id") || profile.settings.contains("sso_role_name");
}

Result<Credentials> ask_sso(const std::string& profile_name, const Surroundings& around, const SsoPlace& place,
                            net::Transport& transport, Clock& clock) {
  TIDE_TRY_ASSIGN(const SsoSettings sso, settings_of(profile_name, around));
  TIDE_TRY_ASSIGN(const Secret token, cached_token(profile_name, sso, around.environment, clock.now()));
  TIDE_TRY_ASSIGN(std::string endpoint, find_endpoint("sso", around));
  if (endpoint.empty()) {
    TIDE_TRY_ASSIGN(endpoint, default_endpoint("sso", sso.region, place.variant));
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  net::Request request{.method = "GET",
                       .url = endpoint + "/federation/credentials?role_name=" + net::percent_encode(sso.role) +
                              "&account_id=" + net::percent_encode(sso.account),
                       .headers = {{"x-amz-sso_bearer_token", token.reveal()}},
                       .body = {}};
  request.body_max = 64U << 10U;
  request.ca_file = place.ca_file;
  request.proxy = place.proxy;
  request.allow_http = endpoint.starts_with("http://");
  const auto answer = std::move(transport.perform({&request, 1}).front());
  if (!answer) {
    return make_error(ErrorKind::auth, "SSO cannot be asked for the role of profile '{}'", profile_name)
        .with_peer(answer.error().message)
        .with_hint("Check the network and sso_region.");
  }
  if (answer->status != 200) return refused(*answer, profile_name);
  return read(*answer, "role '" + printable(sso.role, 80) + "' by SSO of profile '" + profile_name + "'", clock.now());
}

}  // namespace tide::cloud::aws
