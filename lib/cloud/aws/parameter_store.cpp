#include <tide/cloud/aws/parameter_store.hpp>

#include <tide/cloud/aws/errors.hpp>
#include <tide/cloud/aws/sigv4.hpp>
#include <tide/util/text.hpp>

#include <nlohmann/json.hpp>

namespace tide::cloud::aws {
namespace {

using Json = nlohmann::json;

std::string text_at(const Json& json, const char* key) {
  const auto at = json.is_object() ? json.find(key) : json.end();
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

// {"__type": "com.amazonaws.ssm#ParameterNotFound", "message": "..."}
Error refused(const ParameterCall& call, const net::Response& response, const Credentials& with) {
  const Json json = Json::parse(response.body, nullptr, false);
  std::string code = json.is_discarded() ? "" : text_at(json, "__type");
  code = code.substr(code.rfind('#') == std::string::npos ? 0 : code.rfind('#') + 1);
  const ErrorKind kind = code.starts_with("ParameterNotFound") || code == "ParameterVersionNotFound"
                             ? ErrorKind::bad_request
                             : kind_of(code, response.status);
  Error error =
      make_error(kind, "cloud '{}' failed at GetParameter of '{}': {}", call.ssm.cloud, printable(call.name, 200),
                 code.empty() ? std::to_string(response.status) : printable(code, 80));
  std::string message = json.is_discarded() ? "" : text_at(json, "message");
  if (message.empty() && !json.is_discarded()) message = text_at(json, "Message");
  if (!message.empty()) error.context.push_back("the cloud said: " + printable(message, 200));
  if (kind == ErrorKind::auth) {
    error.context.push_back("credentials: " + described(with));
    return std::move(error).with_hint("Allow ssm:GetParameter to the user of " + with.source + ".");
  }
  return std::move(error).with_hint(
      "Check the name after \"ssm:\" in [pools.x] image; 'aws ssm get-parameter' shows it.");
}

}  // namespace

Result<std::string> get_parameter(const ParameterCall& call, CredentialSource& credentials, net::Transport& transport,
                                  Clock& clock) {
  TIDE_TRY_ASSIGN(const Credentials with, credentials.get());
  net::Request request{.method = "POST", .url = call.ssm.endpoint};
  request.headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "AmazonSSM.GetParameter"}};
  request.body = Json{{"Name", call.name}}.dump();
  request.timeout = std::chrono::milliseconds(20'000);
  request.ca_file = call.ssm.ca_file;
  request.proxy = call.ssm.proxy;
  request.allow_http = call.ssm.endpoint.starts_with("http://");
  request = signed_request(std::move(request), with,
                           {.time = clock.now() + call.skew, .region = call.ssm.region, .service = "ssm"});
  auto response = std::move(transport.perform({&request, 1}).front());
  if (!response) {
    Error error = std::move(response).error();
    error.message = "cloud '" + call.ssm.cloud + "' failed at GetParameter: " + error.message;
    return error;
  }
  if (response->status < 200 || response->status >= 300) return refused(call, *response, with);
  const Json json = Json::parse(response->body, nullptr, false);
  const auto found = json.is_object() ? json.find("Parameter") : json.end();
  std::string value = json.is_discarded() || found == json.end() ? "" : text_at(*found, "Value");
  if (!value.empty()) return value;
  return make_error(ErrorKind::protocol, "cloud '{}' answered GetParameter with what tide cannot read", call.ssm.cloud)
      .with_hint("Check that [clouds." + call.ssm.cloud + "] ssm_endpoint is SSM, not a proxy's page.");
}

}  // namespace tide::cloud::aws
