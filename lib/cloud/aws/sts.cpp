#include <tide/cloud/aws/sts.hpp>

#include <tide/cloud/aws/key_document.hpp>
#include <tide/cloud/aws/xml.hpp>
#include <tide/util/text.hpp>

namespace tide::cloud::aws {
namespace {

constexpr std::chrono::milliseconds k_timeout{20'000};
constexpr int k_tries = 3;  // after lost connections and 5xx, at once

Call call_of(const std::string& action, const Role& role) {
  Call call{.action = action, .parameters = {{"RoleArn", role.arn}, {"RoleSessionName", role.session_name}}};
  if (!role.external_id.empty()) call.parameters.emplace_back("ExternalId", role.external_id);
  if (!role.duration_seconds.empty()) call.parameters.emplace_back("DurationSeconds", role.duration_seconds);
  call.timeout = k_timeout;
  return call;
}

Result<Credentials> read(const Answer& answer, const std::string& action, const std::string& source, TimePoint now) {
  pugi::xml_document document;
  auto root = parse_xml(document, *answer.body, action + "Response");
  if (!root) {
    return make_error(ErrorKind::auth, "{}: STS answered with what tide cannot read", source)
        .with_peer(root.error().message)
        .with_hint(
            "Check that the endpoint is STS, not a proxy's page: AWS_ENDPOINT_URL_STS, [clouds.x] sts_endpoint.");
  }
  const pugi::xml_node keys = child(child(*root, action + "Result"), "Credentials");
  std::map<std::string, std::string> found;
  for (const char* name : {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}) {
    found[name] = child_text(keys, name);
  }
  TIDE_TRY_ASSIGN(Credentials credentials, to_credentials(found, {.session_token = "SessionToken"}, source, true));
  credentials.expires = by_our_clock(*credentials.expires, answer.date, now);
  return credentials;
}

Error refused(const Answer& answer, const Role& role, const std::string& with) {
  const Error& told = answer.body.error();
  const ErrorKind kind = told.kind == ErrorKind::throttled ? ErrorKind::throttled : ErrorKind::auth;
  const std::string why = answer.code.empty() ? told.message : printable(answer.code, 80);
  Error error = make_error(kind, "role '{}' was not given to {}: {}", printable(role.arn, 200), with, why);
  error.context = told.context;
  error.retry_after_seconds = told.retry_after_seconds;
  if (answer.code.starts_with("ExpiredToken") || answer.code == "InvalidIdentityToken") {
    return std::move(error).with_hint("Renew " + with + ".");
  }
  if (answer.code.empty()) return std::move(error).with_hint("Check the network and STS's endpoint.");
  return std::move(error).with_hint("Let the role's trust policy name who asks, and allow sts:AssumeRole there.");
}

Result<Credentials> ask(Service sts, Call call, const Role& role, const Credentials& with, net::Transport& transport,
                        Clock& clock) {
  sts.name = "sts";
  sts.version = "2011-06-15";
  sts.signature = SignatureVersion::v4;
  QueryApi api(std::move(sts), std::make_shared<FixedCredentials>(with), transport, clock);
  Answer answer = api.call({&call, 1}).front();
  // Giving a role twice does no harm; without one the whole pass is lost.
  for (int tries = 1; !answer.body && answer.body.error().kind == ErrorKind::retry && tries < k_tries; ++tries) {
    answer = api.call({&call, 1}).front();
  }
  if (!answer.body) return refused(answer, role, with.source);
  return read(answer, call.action, "role '" + printable(role.arn, 200) + "' by " + with.source, clock.now());
}

}  // namespace

Result<Credentials> assume_role(Service sts, const Role& role, const Credentials& with, net::Transport& transport,
                                Clock& clock) {
  return ask(std::move(sts), call_of("AssumeRole", role), role, with, transport, clock);
}

Result<Credentials> assume_role_with_web_identity(Service sts, const Role& role, const Secret& token,
                                                  net::Transport& transport, Clock& clock) {
  Call call = call_of("AssumeRoleWithWebIdentity", role);
  call.parameters.emplace_back("WebIdentityToken", token.reveal());
  Credentials nobody;
  nobody.source = "the web identity token";
  return ask(std::move(sts), std::move(call), role, nobody, transport, clock);
}

}  // namespace tide::cloud::aws
