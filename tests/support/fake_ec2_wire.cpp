#include "fake_ec2_wire.hpp"

#include <tide/util/digest.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::test::wire {
namespace {

constexpr const char* k_request_id = "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE";

std::string decode(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      plain += ' ';
    } else if (text[i] == '%' && i + 2 < text.size()) {
      plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string header_of(const net::Request& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (to_lower(key) == to_lower(name)) return value;
  }
  return "";
}

std::string between(const std::string& text, const std::string& before, char after) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

net::Response denied() {
  return refuse(401, "AuthFailure", "AWS was not able to validate the provided access credentials");
}

// "20261120T025818Z" to RFC 3339.
std::string dashed(const std::string& date) {
  if (date.size() != 16) return "";
  return date.substr(0, 4) + "-" + date.substr(4, 2) + "-" + date.substr(6, 5) + ":" + date.substr(11, 2) + ":" +
         date.substr(13);
}

// The path of the URL; the fake takes only POST without a query, as the Query API's clients send it.
std::string path_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return slash == std::string::npos ? "/" : url.substr(slash);
}

std::string expected_signature(const net::Request& request, const std::string& scope, const std::string& signed_names,
                               const FakeEc2Options& options) {
  std::string text = request.method + "\n" + path_of(request.url) + "\n\n";
  for (const std::string_view name : split(signed_names, ';')) {
    text += std::string(name) + ":" + std::string(trim(header_of(request, std::string(name)))) + "\n";
  }
  text += "\n" + signed_names + "\n" + to_hex(sha256(request.body));
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + header_of(request, "x-amz-date") + "\n" + scope + "\n" + to_hex(sha256(text));
  std::string key = "AWS4" + options.secret_key;
  for (const std::string_view word : split(scope, '/')) key = hmac_sha256(key, word);
  return to_hex(hmac_sha256(key, to_sign));
}

}  // namespace

FakeEc2::Parameters parse_form(std::string_view body) {
  FakeEc2::Parameters parameters;
  if (body.empty()) return parameters;
  for (const std::string_view pair : split(body, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    parameters[decode(pair.substr(0, equals))] = decode(pair.substr(std::min(equals + 1, pair.size())));
  }
  return parameters;
}

std::string value_of(const FakeEc2::Parameters& parameters, const std::string& name, const std::string& fallback) {
  const auto at = parameters.find(name);
  return at == parameters.end() ? fallback : at->second;
}

std::vector<std::string> list_of(const FakeEc2::Parameters& parameters, const std::string& prefix) {
  std::vector<std::string> values;
  for (int i = 1; parameters.contains(prefix + std::to_string(i)); ++i)
    values.push_back(parameters.at(prefix + std::to_string(i)));
  return values;
}

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

net::Response ok(const std::string& action, const std::string& inside) {
  net::Response response{.status = 200,
                         .headers = {{"Content-Type", "text/xml;charset=UTF-8"}, {"x-amzn-requestid", k_request_id}}};
  response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + action +
                  "Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">" + "<requestId>" + k_request_id +
                  "</requestId>" + inside + "</" + action + "Response>";
  return response;
}

net::Response refuse(int status, const std::string& code, const std::string& message) {
  net::Response response{.status = status, .headers = {{"Content-Type", "text/xml;charset=UTF-8"}}};
  response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>" + escape(code) +
                  "</Code><Message>" + escape(message) + "</Message></Error></Errors><RequestID>" + k_request_id +
                  "</RequestID></Response>";
  return response;
}

bool is_json(const net::Request& request) { return !header_of(request, "X-Amz-Target").empty(); }

net::Response json(int status, const std::string& body) {
  return {.status = status, .headers = {{"Content-Type", "application/x-amz-json-1.1"}}, .body = body};
}

std::string iso_time(TimePoint time) {
  std::string text = format_time(time);
  text.insert(text.size() - 1, ".000");
  return text;
}

std::string instance_xml(const FakeInstance& instance, const std::string& region) {
  static const std::map<std::string, int> k_codes{{"pending", 0},     {"running", 16},  {"shutting-down", 32},
                                                  {"terminated", 48}, {"stopping", 64}, {"stopped", 80}};
  const bool ended = instance.state == "terminated";
  std::string dashes = instance.address;
  std::ranges::replace(dashes, '.', '-');
  std::string xml = fmt::format(
      "<item><instanceId>{}</instanceId><imageId>{}</imageId><instanceState><code>{}</code><name>{}</name></"
      "instanceState>"
      "<privateDnsName>{}</privateDnsName><amiLaunchIndex>{}</amiLaunchIndex><instanceType>{}</instanceType>"
      "<launchTime>{}</launchTime><placement><availabilityZone>{}</availabilityZone></placement><clientToken>{}</"
      "clientToken>",
      instance.id, escape(instance.image), k_codes.at(instance.state), instance.state,
      ended ? "" : "ip-" + dashes + "." + region + ".compute.internal", instance.index, escape(instance.type),
      iso_time(instance.launched_at), escape(instance.zone), escape(instance.token));
  if (!ended) xml += "<privateIpAddress>" + instance.address + "</privateIpAddress>";
  if (!instance.subnet.empty()) xml += "<subnetId>" + escape(instance.subnet) + "</subnetId>";
  if (instance.spot) xml += "<instanceLifecycle>spot</instanceLifecycle>";
  if (ended || instance.state == "shutting-down") {
    const std::string code = instance.reason.empty() ? "Client.UserInitiatedShutdown" : instance.reason;
    xml += "<stateReason><code>" + code + "</code><message>" + code + ": as the test asked</message></stateReason>";
  }
  xml += "<tagSet>";
  for (const auto& [key, value] : instance.tags) {
    xml += "<item><key>" + escape(key) + "</key><value>" + escape(value) + "</value></item>";
  }
  return xml + "</tagSet></item>";
}

std::optional<net::Response> check_signature(const net::Request& request, const FakeEc2Options& options) {
  const std::string authorization = header_of(request, "Authorization");
  if (authorization.empty())
    return refuse(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
  const std::string credential = between(authorization, "Credential=", ',');
  const std::string names = between(authorization, "SignedHeaders=", ',');
  const std::string signature = between(authorization, "Signature=", ',');
  const auto parts = split(credential, '/');
  if (!authorization.starts_with("AWS4-HMAC-SHA256 ") || parts.size() != 5 || signature.size() != 64) {
    return refuse(400, "IncompleteSignature", "Authorization header is malformed");
  }
  if (parts[0] != options.access_key || header_of(request, "X-Amz-Security-Token") != options.session_token)
    return denied();
  if (parts[2] != options.region || parts[3] != (is_json(request) ? "ssm" : "ec2") || parts[4] != "aws4_request")
    return denied();
  const std::string date = header_of(request, "X-Amz-Date");
  const auto when = parse_time(dashed(date));
  if (!when || date.substr(0, 8) != parts[1]) return refuse(400, "IncompleteSignature", "the date is not the scope's");
  const std::string all = ";" + names + ";";
  for (const char* needed : {";host;", ";x-amz-date;"}) {
    if (all.find(needed) == std::string::npos)
      return refuse(403, "SignatureDoesNotMatch", "host and x-amz-date must be signed");
  }
  if (!options.session_token.empty() && all.find(";x-amz-security-token;") == std::string::npos) return denied();
  const std::string scope = credential.substr(credential.find('/') + 1);
  if (expected_signature(request, scope, names, options) != signature) return denied();
  const auto off = *when - options.now();
  if (std::chrono::abs(off) > Seconds(300)) return refuse(400, "RequestExpired", "Request has expired.");
  return std::nullopt;
}

}  // namespace tide::test::wire
