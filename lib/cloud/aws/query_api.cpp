#include <tide/cloud/aws/query_api.hpp>

#include <tide/cloud/aws/errors.hpp>
#include <tide/cloud/aws/sigv4.hpp>
#include <tide/net/retry.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::cloud::aws {
namespace {

constexpr Seconds k_skew_max{240};          // EC2 takes 5 minutes; what is below is no reason for a refusal
constexpr std::size_t k_message_max = 400;  // encoded authorization failures run to kilobytes

// A refused signature's message repeats the canonical request, session token included.
std::string shown(const std::string& code, std::string_view message) {
  if (code == "SignatureDoesNotMatch") message = message.substr(0, message.find('\n'));
  return printable(trim(message), k_message_max);
}

std::string hint_for(ErrorKind kind, const std::string& code, const Service& service, const std::string& source) {
  switch (kind) {
    case ErrorKind::auth:
      if (code == "UnauthorizedOperation" || code.starts_with("AccessDenied")) {
        return "Allow this action to the user of " + source + "; tide's page on " + service.name +
               " has the least policy.";
      }
      return "Check " + source + " ([clouds." + service.cloud +
             "] profile or credentials_file) and this machine's clock.";
    case ErrorKind::capacity: return "Add another type or subnet to the pool, or wait: tide tries again by itself.";
    case ErrorKind::quota:
      return "Ask for a higher limit of the account in " + service.region + ", or lower [pools.x] max.";
    case ErrorKind::throttled: return "Wait: tide slows down by itself.";
    case ErrorKind::bad_request: return "Correct the pool's or cloud's keys that the cloud names.";
    case ErrorKind::retry:
    case ErrorKind::timeout:
      return "Check [clouds." + service.cloud +
             "] endpoint and region and the network; tide tries again in its next pass.";
    case ErrorKind::eventual: return "Run 'tide info' to see what the cloud lists.";
    case ErrorKind::config: return "Check [clouds." + service.cloud + "] endpoint, ca_file and proxy.";
    case ErrorKind::unknown:
    case ErrorKind::protocol: return "Check that [clouds." + service.cloud + "] endpoint is an EC2 API.";
    case ErrorKind::unexpected:
    case ErrorKind::usage:
    case ErrorKind::not_found:
    case ErrorKind::io:
    case ErrorKind::refused:
    case ErrorKind::lock_held:
    case ErrorKind::money:
    case ErrorKind::batch:
    case ErrorKind::unproven:
    case ErrorKind::stranger: return "";
  }
  return "";
}

// What a proxy or a broken server puts in place of an answer.
Error wordless(const net::Response& response, const std::string& what) {
  const bool moved = response.status >= 300 && response.status < 400;
  const ErrorKind kind = moved ? ErrorKind::unknown : kind_of("", response.status);
  return make_error(kind, "{}: HTTP status {} without an error code", what, response.status)
      .with_peer("the reply begins: " + printable(response.body, 120));
}

}  // namespace

std::string form_body(const Call& call, const std::string& version) {
  std::string body = "Action=" + uri_encode(call.action) + "&Version=" + uri_encode(version);
  for (const auto& [name, value] : call.parameters) {
    std::string encoded = uri_encode(value, " ");
    std::ranges::replace(encoded, ' ', '+');
    body.append("&").append(uri_encode(name)).append("=").append(encoded);
  }
  return body;
}

QueryApi::QueryApi(Service service, Environment environment, net::Transport& transport, Clock& clock)
    : m_service(std::move(service)), m_environment(std::move(environment)), m_transport(transport), m_clock(clock) {}

std::vector<Result<net::Response>> QueryApi::send(std::span<const Call> calls, const Credentials& credentials) {
  const SigningScope scope{.time = m_clock.now() + m_skew, .region = m_service.region, .service = m_service.name};
  std::vector<net::Request> requests;
  requests.reserve(calls.size());
  for (const Call& call : calls) {
    net::Request request{.method = "POST", .url = m_service.endpoint};
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    request.body = form_body(call, m_service.version);
    request.timeout = call.timeout;
    request.ca_file = m_service.ca_file;
    request.proxy = m_service.proxy;
    request.allow_http = m_service.endpoint.starts_with("http://");
    requests.push_back(signed_request(std::move(request), credentials, scope));
  }
  return m_transport.perform(requests);
}

bool QueryApi::repair_clock(const std::vector<Result<net::Response>>& responses, const std::vector<Answer>& answers) {
  for (std::size_t i = 0; i < responses.size(); ++i) {
    if (!may_be_skew(answers[i].code)) continue;
    const auto theirs = net::parse_http_date(responses[i]->header("Date"));
    if (!theirs) continue;
    const Seconds skew = *theirs - m_clock.now();
    if (std::chrono::abs(skew - m_skew) <= k_skew_max) continue;
    m_skew = skew;
    return true;
  }
  return false;
}

Answer QueryApi::answer_of(const Call& call, const Result<net::Response>& response, const std::string& source) const {
  const std::string what = "cloud '" + m_service.cloud + "' failed at " + call.action;
  Answer answer;
  if (!response) {
    Error error = response.error();
    error.message = what + ": " + error.message;
    if (error.hint.empty()) error.hint = hint_for(error.kind, "", m_service, source);
    answer.body = std::move(error);
    return answer;
  }
  answer.request_id = response->header("x-amzn-requestid");
  if (response->status >= 200 && response->status < 300) {
    answer.body = response->body;
    return answer;
  }
  const auto told = parse_error_body(response->body);
  Error error = wordless(*response, what);
  if (told) {
    answer.code = told->code;
    answer.peer_message = told->message;
    answer.request_id = told->request_id;
    error = make_error(kind_of(told->code, response->status), "{}: {}", what, printable(told->code, 80))
                .with_peer("the cloud said: " + shown(told->code, told->message));
  }
  if (!answer.request_id.empty()) error.context.push_back("request " + printable(answer.request_id, 80));
  if (error.kind == ErrorKind::auth) error.context.push_back("credentials: " + source);
  if (const auto wait = net::parse_retry_after(response->header("Retry-After"), m_clock.now())) {
    error.retry_after_seconds = wait->count();
  }
  error.hint = hint_for(error.kind, answer.code, m_service, source);
  answer.body = std::move(error);
  return answer;
}

std::vector<Answer> QueryApi::call(std::span<const Call> calls) {
  std::vector<Answer> answers(calls.size());
  // Read anew each time: the files are small, and temporary credentials change under a running daemon.
  const auto credentials = find_credentials(m_service.credentials, m_environment);
  if (!credentials) {
    Error error = credentials.error();
    error.message = "cloud '" + m_service.cloud + "': " + error.message;
    for (Answer& answer : answers) answer.body = error;
    return answers;
  }
  auto responses = send(calls, *credentials);
  for (std::size_t i = 0; i < calls.size(); ++i) answers[i] = answer_of(calls[i], responses[i], credentials->source);
  if (!repair_clock(responses, answers)) return answers;

  std::vector<std::size_t> again;
  std::vector<Call> repeated;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!may_be_skew(answers[i].code)) continue;
    again.push_back(i);
    repeated.push_back(calls[i]);
  }
  responses = send(repeated, *credentials);
  for (std::size_t i = 0; i < again.size(); ++i) {
    answers[again[i]] = answer_of(repeated[i], responses[i], credentials->source);
  }
  return answers;
}

}  // namespace tide::cloud::aws
