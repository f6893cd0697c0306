// The parts of CredentialChain that end at STS or at the machine's own role.
#include <tide/cloud/aws/credential_chain.hpp>
#include <tide/cloud/aws/metadata.hpp>
#include <tide/cloud/aws/sts.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::cloud::aws {
namespace {

Result<void> check_role(const std::string& name, const Settings& settings, const std::string& arn) {
  const auto refuse = [&](const std::string& why, const std::string& hint) {
    return make_error(ErrorKind::auth, "profile '{}' {}", name, why).with_hint(hint);
  };
  if (!arn.starts_with("arn:"))
    return refuse("has a role_arn that is none", "Write it as arn:aws:iam::ACCOUNT:role/NAME.");
  if (settings.contains("mfa_serial")) {
    return refuse("wants a code from a device (mfa_serial)",
                  "tide has nobody to ask: use a role without MFA, or credential_process.");
  }
  const std::string duration = setting(settings, "duration_seconds");
  if (const auto seconds = parse_integer(duration);
      !duration.empty() && (!seconds || *seconds < 900 || *seconds > 43'200)) {
    return refuse("has a duration_seconds that is none", "Write seconds, 900 to 43200.");
  }
  return {};
}

Result<Service> sts_service(const CredentialOptions& options, const Surroundings& around) {
  Service sts{.cloud = options.cloud, .name = {}, .region = {}, .endpoint = options.sts_endpoint, .version = {}};
  sts.region = options.region;
  sts.ca_file = options.ca_file;
  sts.proxy = options.proxy;
  if (sts.endpoint.empty()) {
    TIDE_TRY_ASSIGN(const StsPlace place, find_sts(options.region, options.variant, around));
    sts.endpoint = place.endpoint;
    sts.region = place.region;
  }
  return sts;
}

}  // namespace

std::string CredentialChain::session_name(const std::string& chosen) const {
  return chosen.empty() ? "tide-" + std::to_string(m_ports.clock.now().time_since_epoch().count()) : chosen;
}

CredentialChain::Found CredentialChain::from_web_identity(const std::string& name, const Profile& profile,
                                                          bool by_environment) {
  const auto either = [&](const char* variable_name, const char* key) {
    const std::string value = by_environment ? variable(m_environment, {variable_name}) : std::string();
    return value.empty() ? setting(profile.settings, key) : value;
  };
  const std::string file = either("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
  if (file.empty()) return std::optional<Credentials>();
  const Role role{.arn = either("AWS_ROLE_ARN", "role_arn"),
                  .session_name = session_name(either("AWS_ROLE_SESSION_NAME", "role_session_name")),
                  .external_id = {},
                  .duration_seconds = {}};
  if (role.arn.empty()) {
    return make_error(ErrorKind::auth, "profile '{}' has a web identity token and no role", name)
        .with_hint("Set AWS_ROLE_ARN, or role_arn beside web_identity_token_file.");
  }
  TIDE_TRY(check_role(name, {}, role.arn));
  m_asked = true;
  TIDE_TRY_ASSIGN(const Secret text, read_secret_file(file, true));
  const Secret token{std::string(trim(text.reveal()))};
  if (token.empty() || !is_token(token.reveal())) {
    return make_error(ErrorKind::auth, "'{}' holds no web identity token", file)
        .with_hint("Look at what writes the file that AWS_WEB_IDENTITY_TOKEN_FILE names.");
  }
  TIDE_TRY_ASSIGN(Service sts, sts_service(m_options, around(&profile)));
  TIDE_TRY_ASSIGN(auto found,
                  assume_role_with_web_identity(std::move(sts), role, token, m_ports.transport, m_ports.clock));
  return std::optional<Credentials>(std::move(found));
}

Result<Credentials> CredentialChain::from_role(const std::string& name, std::vector<std::string>& visited) {
  const Profile& profile = *m_profiles->find(name);
  const Settings& settings = profile.settings;
  const Role role{.arn = setting(settings, "role_arn"),
                  .session_name = session_name(setting(settings, "role_session_name")),
                  .external_id = setting(settings, "external_id"),
                  .duration_seconds = setting(settings, "duration_seconds")};
  TIDE_TRY(check_role(name, settings, role.arn));
  TIDE_TRY_ASSIGN(const Credentials with, source_of_role(name, profile, visited));
  TIDE_TRY_ASSIGN(Service sts, sts_service(m_options, around(m_profiles->find(m_profile_name))));
  m_asked = true;
  return assume_role(std::move(sts), role, with, m_ports.transport, m_ports.clock);
}

Result<Credentials> CredentialChain::source_of_role(const std::string& name, const Profile& profile,
                                                    std::vector<std::string>& visited) {
  const std::string from = setting(profile.settings, "source_profile");
  const std::string machine = setting(profile.settings, "credential_source");
  if (from.empty() == machine.empty()) {
    return make_error(ErrorKind::auth, "profile '{}' has {} of source_profile and credential_source", name,
                      from.empty() ? "neither" : "both")
        .with_hint("A role needs one of them: who asks for it.");
  }
  if (!machine.empty()) return named_source(name, machine);
  const Profile* source = m_profiles->find(from);
  if (source == nullptr) {
    return make_error(ErrorKind::auth, "profile '{}' has source_profile = '{}', which is not in {}", name,
                      printable(from, 60), m_profiles->files().named())
        .with_hint("Correct source_profile, or add that profile.");
  }
  const bool seen = std::ranges::find(visited, from) != visited.end();
  // A profile may name itself: its own keys ask for its role.
  if (seen && (from != name || !source->has_keys())) {
    visited.push_back(from);
    return make_error(ErrorKind::auth, "profile '{}' leads back to itself: {}", from, join(visited, " -> "))
        .with_hint("Let the last source_profile be one with keys.");
  }
  visited.push_back(from);
  if (source->has_role() && !source->has_keys()) return from_role(from, visited);
  TIDE_TRY_ASSIGN(auto found, from_profile(from, *source, false));
  if (found) return std::move(*found);
  return make_error(ErrorKind::auth, "profile '{}', the source of profile '{}', has no credentials", from, name)
      .with_hint("Give it aws_access_key_id and aws_secret_access_key, or another way to get them.");
}

Result<Credentials> CredentialChain::named_source(const std::string& name, const std::string& source) {
  const std::string word = to_lower(source);
  if (word == "environment") {
    TIDE_TRY_ASSIGN(auto found, from_environment());
    if (found) return std::move(*found);
    return make_error(ErrorKind::auth,
                      "profile '{}' has credential_source = Environment, and AWS_ACCESS_KEY_ID is not set", name)
        .with_hint("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use source_profile.");
  }
  m_asked = true;
  if (word == "ec2instancemetadata") return from_machine();
  if (word == "ecscontainer") return ask_container(m_environment, m_ports.transport, m_ports.clock);
  return make_error(ErrorKind::auth, "profile '{}' has credential_source = '{}', which is none", name,
                    printable(source, 60))
      .with_hint("Use Environment, Ec2InstanceMetadata or EcsContainer.");
}

Result<Credentials> CredentialChain::from_machine() {
  m_asked = true;
  const Profile* profile = m_profiles->find(m_profile_name);
  return ask_instance_metadata(m_environment, profile == nullptr ? Settings() : profile->settings, m_ports.transport,
                               m_ports.clock);
}

}  // namespace tide::cloud::aws
