#include <tide/cloud/aws/credential_chain.hpp>

#include <tide/cloud/aws/key_document.hpp>
#include <tide/cloud/aws/key_process.hpp>
#include <tide/cloud/aws/metadata.hpp>
#include <tide/cloud/aws/sso.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

namespace tide::cloud::aws {
namespace {

constexpr Seconds k_advisory{15 * 60};
constexpr Seconds k_mandatory{10 * 60};
constexpr Seconds k_process_life{15 * 60};  // of what a process gave without an expiry
constexpr Seconds k_retry_advisory{60};
constexpr std::chrono::milliseconds k_failure_life{30'000};  // of a search beyond files: its time-outs are long

Error nothing_found(const std::string& profile, const std::string& files) {
  return make_error(ErrorKind::auth, "profile '{}' has no credentials in {}", profile, files)
      .with_hint("Name a profile with [clouds.x] profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.");
}

Result<Credentials> file_keys(const Credentials& keys, const std::string& path) {
  TIDE_TRY(check_private(path));
  return checked(keys);
}

}  // namespace

Result<Credentials> CredentialChain::get() {
  const TimePoint now = m_ports.clock.now();
  if (m_held && !m_must_renew && now < m_hold_until) return *m_held;
  if (m_failure && m_ports.clock.monotonic() - m_failed_at < k_failure_life) return kept_or(*m_failure, now);
  m_asked = false;
  auto found = find();
  m_profiles.reset();
  m_must_renew = false;
  if (found) {
    m_failure.reset();
    return held(std::move(*found), now);
  }
  if (m_asked && found.error().kind != ErrorKind::throttled) {
    m_failure = found.error();
    m_failed_at = m_ports.clock.monotonic();
  }
  return kept_or(std::move(found).error(), now);
}

bool CredentialChain::renew() {
  if (!m_held || m_must_renew) return false;
  m_must_renew = true;
  m_failure.reset();
  return true;
}

// Keeps what is temporary; decides when it is asked for again.
Result<Credentials> CredentialChain::held(Credentials credentials, TimePoint now) {
  m_held.reset();
  if (!m_asked) {
    if (credentials.expires && *credentials.expires <= now) {
      return make_error(ErrorKind::auth, "{} expired at {}", credentials.source, format_time(*credentials.expires))
          .with_hint("Renew them, or name a profile that renews itself with [clouds.x] profile.");
    }
    return credentials;
  }
  m_held = std::move(credentials);
  if (!m_held->expires) {
    m_hold_until = now + k_process_life;
    return *m_held;
  }
  m_hold_until = *m_held->expires - k_advisory;
  if (m_hold_until > now) return *m_held;
  if (m_held->source.starts_with(k_metadata_source)) {
    // The service gives out old ones while it cannot make new ones, and AWS takes them: asked again, but not at once.
    m_hold_until = now + k_advisory + Seconds(120 + static_cast<std::int64_t>(m_ports.random.next() % 481));
    return *m_held;
  }
  if (*m_held->expires > now) return *m_held;  // short-lived ones are asked for each time
  Error error = make_error(ErrorKind::auth, "{} gave credentials that expired at {}", m_held->source,
                           format_time(*m_held->expires));
  m_held.reset();
  return std::move(error).with_hint("Check this machine's clock, and whoever gives the credentials.");
}

// A renewal failed: what is held may serve on.
Result<Credentials> CredentialChain::kept_or(Error error, TimePoint now) {
  if (!m_held || !m_held->expires) return error;
  const bool is_instance = m_held->source.starts_with(k_metadata_source);
  if (!is_instance && *m_held->expires - now < k_mandatory) return error;
  m_hold_until = now + (is_instance ? k_advisory : k_retry_advisory);
  return *m_held;
}

Result<Credentials> CredentialChain::find() {
  if (!m_options.access_key_env.empty() || !m_options.secret_key_env.empty()) return from_named_variables();
  const bool named = !m_options.profile.empty() || !m_options.credentials_file.empty();
  if (!named) {
    TIDE_TRY_ASSIGN(auto found, from_environment());
    if (found) return std::move(*found);
  }
  TIDE_TRY_ASSIGN(const ProfileFiles files,
                  ProfileFiles::find(m_options.credentials_file, m_options.config_file, m_environment));
  TIDE_TRY_ASSIGN(m_profiles, Profiles::read(files));
  m_profile_name = named_profile(m_options.profile, m_environment);
  const bool must_exist = !m_profile_name.empty() || !m_options.credentials_file.empty();
  if (m_profile_name.empty()) m_profile_name = "default";
  const Profile* profile = m_profiles->find(m_profile_name);
  if (profile == nullptr && must_exist) return nothing_found(m_profile_name, files.named());
  static const Profile k_no_profile;
  if (profile == nullptr) profile = &k_no_profile;
  if (profile->has_role()) {
    std::vector<std::string> visited{m_profile_name};
    return from_role(m_profile_name, visited);
  }
  TIDE_TRY_ASSIGN(auto found, from_profile(m_profile_name, *profile, !named));
  if (found) return std::move(*found);
  // A file that was named is where the keys are to be.
  if (!m_options.credentials_file.empty()) return nothing_found(m_profile_name, files.named());
  if (has_container_endpoint(m_environment)) {
    m_asked = true;
    return ask_container(m_environment, m_ports.transport, m_ports.clock);
  }
  auto machine = from_machine();
  if (machine) return machine;
  Error none = nothing_found(m_profile_name, files.named());
  if (!named) none.context.emplace_back("AWS_ACCESS_KEY_ID is not set");
  none.context.push_back(machine.error().message);
  for (const std::string& line : machine.error().context) none.context.push_back(line);
  return none;
}

Result<Credentials> CredentialChain::from_named_variables() const {
  const auto value = [&](const std::string& name) {
    return name.empty() ? std::string() : variable(m_environment, {name.c_str()});
  };
  Credentials found{.access_key = value(m_options.access_key_env),
                    .secret_key = Secret(value(m_options.secret_key_env)),
                    .session_token = Secret(value(m_options.session_token_env)),
                    .source = "the environment's " + m_options.access_key_env + " and " + m_options.secret_key_env,
                    .expires = {}};
  if (found.access_key.empty() && found.secret_key.empty()) {
    return make_error(ErrorKind::auth, "{} are not set", found.source)
        .with_hint("Set both, or correct [clouds." + m_options.cloud + "] access_key_env and secret_key_env.");
  }
  return checked(std::move(found));
}

CredentialChain::Found CredentialChain::from_environment() const {
  Credentials found{.access_key = variable(m_environment, {"AWS_ACCESS_KEY_ID"}),
                    .secret_key = Secret(variable(m_environment, {"AWS_SECRET_ACCESS_KEY"})),
                    .session_token = Secret(variable(m_environment, {"AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"})),
                    .source = "the environment's AWS_ACCESS_KEY_ID",
                    .expires = {}};
  if (found.access_key.empty()) return std::optional<Credentials>();
  if (const std::string expires = variable(m_environment, {"AWS_CREDENTIAL_EXPIRATION"}); !expires.empty()) {
    found.expires = parse_expiry(expires);
    if (!found.expires) {
      return make_error(ErrorKind::auth, "AWS_CREDENTIAL_EXPIRATION = '{}' is no time", printable(expires, 60))
          .with_hint("Write it as 2026-11-25T13:00:00Z, or unset it.");
    }
  }
  TIDE_TRY_ASSIGN(found, checked(std::move(found)));
  return std::optional<Credentials>(std::move(found));
}

CredentialChain::Found CredentialChain::from_profile(const std::string& name, const Profile& profile,
                                                     bool by_environment) {
  TIDE_TRY_ASSIGN(auto found, from_web_identity(name, profile, by_environment));
  if (found) return found;
  if (uses_sso(profile)) {
    m_asked = true;
    TIDE_TRY_ASSIGN(found,
                    ask_sso(name, around(&profile),
                            {.ca_file = m_options.ca_file, .proxy = m_options.proxy, .variant = m_options.variant},
                            m_ports.transport, m_ports.clock));
    return found;
  }
  if (profile.shared) {
    TIDE_TRY_ASSIGN(found, file_keys(*profile.shared, m_profiles->files().credentials));
    return found;
  }
  if (profile.settings.contains("login_session")) {
    return make_error(ErrorKind::auth, "profile '{}' uses 'login_session', which is not in this version", name)
        .with_hint("Use SSO, a role or credential_process; 'aws configure export-credentials' can be one.");
  }
  if (const std::string line = setting(profile.settings, "credential_process"); !line.empty()) {
    m_asked = true;
    TIDE_TRY_ASSIGN(found, run_key_process(line, name, m_environment, m_ports.runner));
    return found;
  }
  if (profile.in_config) {
    TIDE_TRY_ASSIGN(found, file_keys(*profile.in_config, m_profiles->files().config));
    return found;
  }
  return std::optional<Credentials>();
}

}  // namespace tide::cloud::aws
