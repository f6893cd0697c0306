#include <tide/cloud/aws/query_api.hpp>

#include <tide/cloud/aws/errors.hpp>
#include <tide/cloud/aws/sigv2.hpp>
#include <tide/cloud/aws/sigv4.hpp>
#include <tide/cloud/hints.hpp>
#include <tide/net/retry.hpp>
#include <tide/net/url.hpp>
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

struct Asked {
  const std::string& action;
  const std::string& source;  // of the credentials
};

std::string hint_about(const Error& error, const std::string& code, const Service& service, const Asked& asked) {
  const std::string keys = "[clouds." + service.cloud + "]";
  const bool is_denied = code == "UnauthorizedOperation" || code.starts_with("AccessDenied");
  return hint_for(error.kind, service.cloud,
                  {.auth = is_denied ? "Allow " + service.name + ":" + asked.action + " to the user of " +
                                           asked.source + "; tide's page on " + service.name + " has the least policy."
                                     : "Check " + asked.source + " (" + keys +
                                           " profile or credentials_file) and this machine's clock.",
                   .capacity = "Add another type or subnet to the pool, or wait: tide tries again by itself.",
                   .quota = "Ask for a higher limit of the account in " + service.region + ", or lower [pools.x] max.",
                   .network = "Check " + keys + " endpoint and region and the network",
                   .foreign = "Check that " + keys + " endpoint is an EC2 API."});
}

// What a proxy or a broken server puts in place of an answer.
Error wordless(const net::Response& response, const std::string& what) {
  const bool moved = response.status >= 300 && response.status < 400;
  const ErrorKind kind = moved ? ErrorKind::unknown : kind_of("", response.status);
  return make_error(kind, "{}: HTTP status {} without an error code", what, response.status)
      .with_peer("the reply begins: " + printable(response.body, 120));
}

std::string form_of(const FormParameters& parameters) {
  std::string body;
  for (const auto& [name, value] : parameters) {
    std::string encoded = net::percent_encode(value, " ");
    std::ranges::replace(encoded, ' ', '+');
    body.append(body.empty() ? "" : "&").append(net::percent_encode(name)).append("=").append(encoded);
  }
  return body;
}

// EC2 has two words for a session that is over, and shares one of them with clocks that are off.
bool may_be_expired(std::string_view code) { return code.starts_with("ExpiredToken") || code == "RequestExpired"; }

}  // namespace

std::string form_body(const Call& call, const std::string& version) {
  FormParameters parameters{{"Action", call.action}, {"Version", version}};
  parameters.insert(parameters.end(), call.parameters.begin(), call.parameters.end());
  return form_of(parameters);
}

QueryApi::QueryApi(Service service, std::shared_ptr<CredentialSource> credentials, net::Transport& transport,
                   Clock& clock, Pace pace)
    : m_service(std::move(service)),
      m_credentials(std::move(credentials)),
      m_transport(transport),
      m_clock(clock),
      m_pace(pace) {}

net::Request QueryApi::request_for(const Call& call, const Credentials& credentials) const {
  const SigningScope scope{.time = m_clock.now() + m_skew, .region = m_service.region, .service = m_service.name};
  net::Request request{.method = "POST", .url = m_service.endpoint};
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.timeout = call.timeout;
  request.ca_file = m_service.ca_file;
  request.proxy = m_service.proxy;
  request.allow_http = m_service.endpoint.starts_with("http://");
  if (m_service.signature == SignatureVersion::v2 && !credentials.access_key.empty()) {
    // Its parameters are part of what it signs.
    FormParameters parameters{{"Action", call.action}, {"Version", m_service.version}};
    parameters.insert(parameters.end(), call.parameters.begin(), call.parameters.end());
    request.body = form_of(sign_v2(request.method, request.url, std::move(parameters), credentials, scope.time));
    return request;
  }
  request.body = form_body(call, m_service.version);
  if (credentials.access_key.empty()) return request;
  return signed_request(std::move(request), credentials, scope);
}

void QueryApi::flush(std::span<const Call> calls, const Credentials& credentials,
                     std::vector<Result<net::Response>>& responses) {
  if (calls.empty()) return;
  std::vector<net::Request> requests;
  requests.reserve(calls.size());
  for (const Call& call : calls) requests.push_back(request_for(call, credentials));
  for (const Call& call : calls) ++m_sent[call.action];
  for (auto& response : m_transport.perform(requests)) responses.push_back(std::move(response));
}

// Side by side as far as the pace lets them; those that must wait go together when their turn comes.
std::vector<Result<net::Response>> QueryApi::send(std::span<const Call> calls, const Credentials& credentials) {
  std::vector<Result<net::Response>> responses;
  if (m_pace.limiter == nullptr) {
    flush(calls, credentials, responses);
    return responses;
  }
  const std::string account =
      net::account_of(m_service.name + "/" + m_service.region, m_service.endpoint, credentials.access_key);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    auto at = m_pace.limiter->reserve(draws_for(calls[i], m_pace.rates, account));
    if (at && *at <= m_clock.monotonic()) continue;
    flush(calls.subspan(begin, i - begin), credentials, responses);
    begin = i;
    const auto wait = at ? *at - m_clock.monotonic() : std::chrono::milliseconds(0);
    if (at && (wait.count() <= 0 || m_clock.sleep_for(wait))) continue;
    if (at) at = make_error(ErrorKind::unsent, "stopped by a signal while waiting for its turn");
    responses.push_back(std::move(at).error());
    begin = i + 1;
  }
  flush(calls.subspan(begin), credentials, responses);
  return responses;
}

std::string QueryApi::notice() const {
  if (m_skew.count() == 0) return "";
  return fmt::format("this machine's clock is {} s {} the cloud's; calls are signed by the cloud's: set the clock",
                     std::chrono::abs(m_skew).count(), m_skew.count() > 0 ? "behind" : "ahead of");
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

Answer QueryApi::answer_of(const Call& call, const Result<net::Response>& response, const Credentials& with) const {
  const std::string what = "cloud '" + m_service.cloud + "' failed at " + call.action;
  Answer answer;
  if (!response) {
    Error error = response.error();
    error.message = what + ": " + error.message;
    if (error.hint.empty()) error.hint = hint_about(error, "", m_service, {call.action, with.source});
    answer.body = std::move(error);
    return answer;
  }
  answer.date = response->header("Date");
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
  if (error.kind == ErrorKind::auth) error.context.push_back("credentials: " + described(with));
  if (const auto wait = net::parse_retry_after(response->header("Retry-After"), m_clock.now())) {
    error.retry_after_seconds = wait->count();
  }
  error.reach = reach_of(answer.code);
  error.hint = hint_about(error, answer.code, m_service, {call.action, with.source});
  answer.body = std::move(error);
  return answer;
}

void QueryApi::repeat(std::span<const Call> calls, const Credentials& credentials, std::vector<Answer>& answers,
                      bool (*refused)(std::string_view code)) {
  std::vector<std::size_t> again;
  std::vector<Call> repeated;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!refused(answers[i].code)) continue;
    again.push_back(i);
    repeated.push_back(calls[i]);
  }
  const auto responses = send(repeated, credentials);
  for (std::size_t i = 0; i < again.size(); ++i) {
    answers[again[i]] = answer_of(repeated[i], responses[i], credentials);
  }
}

std::vector<Answer> QueryApi::call(std::span<const Call> calls) {
  std::vector<Answer> answers(calls.size());
  const auto fail = [&](Error error) {
    error = std::move(error).with_context("while looking for the credentials of cloud '" + m_service.cloud + "'");
    for (Answer& answer : answers) answer.body = error;
    return answers;
  };
  auto credentials = m_credentials->get();
  if (!credentials) return fail(std::move(credentials).error());
  m_identity = described(*credentials);
  const auto responses = send(calls, *credentials);
  for (std::size_t i = 0; i < calls.size(); ++i) answers[i] = answer_of(calls[i], responses[i], *credentials);
  if (repair_clock(responses, answers)) repeat(calls, *credentials, answers, may_be_skew);

  const bool expired = std::ranges::any_of(answers, [](const Answer& each) { return may_be_expired(each.code); });
  if (!expired || !m_credentials->renew()) return answers;
  // The refused calls were not done; those that were keep their answers.
  const auto fresh = m_credentials->get();
  if (!fresh || *fresh == *credentials) return answers;
  m_identity = described(*fresh);
  repeat(calls, *fresh, answers, may_be_expired);
  return answers;
}

}  // namespace tide::cloud::aws
