#include <tide/cloud/openstack/session.hpp>

#include <tide/cloud/hints.hpp>
#include <tide/cloud/openstack/discovery.hpp>
#include <tide/cloud/openstack/errors.hpp>
#include <tide/net/retry.hpp>
#include <tide/net/url.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

namespace tide::cloud::openstack {
namespace {

constexpr Seconds k_fresh{120};             // a token with less left may end while a pass still goes on
constexpr std::size_t k_message_max = 400;  // a schema error repeats the whole request
constexpr std::chrono::milliseconds k_timeout{60'000};

std::string hint_about(const Error& error, const std::string& cloud, const std::string& page) {
  const std::string keys = "[clouds." + cloud + "]";
  return hint_for(error.kind, cloud,
                  {.auth = "Check " + keys + " cloud and its roles; tide's page " + page + " has the least.",
                   .capacity = "Add another flavor or zone to the pool, or wait: tide tries again by itself.",
                   .quota = "Ask for a higher quota of the project, or lower [pools.x] max.",
                   .network = "Check " + keys + ", its region and the network",
                   .foreign = "Check that " + keys + " leads to an OpenStack API, not a proxy's page."});
}

// A schema error begins with all that was sent; its point comes last.
std::string shown(const std::string& message) {
  if (message.size() <= k_message_max) return printable(message, k_message_max);
  return printable(message.substr(0, 60), 60) + " ... " +
         printable(message.substr(message.size() - (k_message_max - 70)), k_message_max);
}

std::string path_only(const std::string& path) { return path.substr(0, path.find('?')); }

// A web server without Keystone at that path, or one that has moved: no password is wrong.
std::optional<Error> no_keystone(const net::Response& response, const std::string& cloud,
                                 const AuthSettings& settings) {
  const int status = response.status;
  const std::string where = net::redact_url(settings.auth_url);
  if (status >= 300 && status < 400) {
    std::string location(response.header("Location"));
    if (constexpr std::string_view k_asked = "/auth/tokens"; location.ends_with(k_asked))
      location.resize(location.size() - k_asked.size());
    const std::string to = location.empty() ? "elsewhere" : "'" + printable(net::redact_url(location), 200) + "'";
    return make_error(ErrorKind::config, "cloud '{}': '{}' leads to {}: HTTP status {}", cloud, where, to, status)
        .with_hint("Set auth_url in " + settings.source +
                   " to where Keystone is: tide follows nobody with a password.");
  }
  if ((status != 404 && status != 405) || is_keystones(response.body)) return std::nullopt;
  Error error =
      make_error(ErrorKind::config, "cloud '{}': there is no Keystone at '{}': HTTP status {}", cloud, where, status);
  error.context.push_back("the reply begins: " + printable(response.body, 120));
  error.hint = "Check auth_url in " + settings.source + " with its path, often /v3 or /identity/v3.";
  return error;
}

// What Keystone said instead of a token.
Error refusal(const net::Response& response, const std::string& what, TimePoint now) {
  const std::string message = message_of(response.body);
  ErrorKind kind = kind_of(response.status, message);
  // An application credential that it does not know is a 404; a body that it does not take means our settings.
  if (kind == ErrorKind::eventual) kind = ErrorKind::auth;
  if (kind == ErrorKind::bad_request) kind = ErrorKind::config;
  Error error = make_error(kind, "{}: HTTP status {}", what, response.status);
  if (!message.empty()) error.context.push_back("the cloud said: " + shown(message));
  if (const auto wait = net::parse_retry_after(response.header("Retry-After"), now))
    error.retry_after_seconds = wait->count();
  return error;
}

// Where a token may not go: in clear to what the catalogue names, while Keystone itself is asked encrypted. What a
// person wrote down as http is that person's wish; this machine itself hears all anyway.
Result<void> check_scheme(const net::Url& url, const std::string& text, const std::string& service,
                          const AuthSettings& settings, const std::string& cloud) {
  const auto keystone = net::split_url(settings.auth_url);
  const bool wanted = settings.endpoint_override.contains(service) || (keystone && keystone->scheme == "http");
  if (url.scheme != "http" || wanted || net::is_loopback(url.host)) return {};
  const std::string key = service == "compute" ? "[clouds." + cloud + "] endpoint" : override_key(service);
  return make_error(ErrorKind::config, "cloud '{}': the catalogue's endpoint of {} is '{}', which is not encrypted",
                    cloud, service, printable(net::redact_url(text), 200))
      .with_hint("Set " + key + (service == "compute" ? "" : " in the cloud's entry of clouds.yaml") +
                 " to its https URL, or to this one if the token may be read on the way; or another interface.");
}

}  // namespace

net::Request Session::plain_request(const std::string& method, const std::string& url) const {
  net::Request request{.method = method, .url = url};
  request.headers = {{"Accept", "application/json"}};
  request.timeout = k_timeout;
  request.ca_file = m_settings->ca_file;
  request.proxy = m_settings->proxy;
  request.insecure = m_settings->insecure;
  request.allow_http = url.starts_with("http://");
  return request;
}

Result<Token> Session::ask() {
  net::Request request = plain_request("POST", m_settings->auth_url + "/auth/tokens");
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = auth_body(*m_settings).reveal();
  const auto responses = m_transport.perform({&request, 1});
  ::explicit_bzero(request.body.data(), request.body.size());
  const Result<net::Response>& response = responses.front();
  const std::string what = "cloud '" + m_options.cloud + "' failed at Keystone's " + m_settings->auth_url;
  Error error;
  if (!response) {
    error = response.error();
    error.message = what + ": " + error.message;
    error.hint.clear();
  } else if (response->status == 201 || response->status == 200) {
    auto token = parse_token(*response);
    if (token) return token;
    error = std::move(token).error();
    error.message = what + ": " + error.message;
  } else {
    auto elsewhere = no_keystone(*response, m_options.cloud, *m_settings);
    error = elsewhere ? std::move(*elsewhere) : refusal(*response, what, m_clock.now());
  }
  error.context.push_back("asked as " + described(*m_settings));
  if (error.kind == ErrorKind::auth) {
    error.hint = "Check " + m_settings->source +
                 ", and whether the user, the project or the application credential has "
                 "expired or was taken away.";
  } else if (error.hint.empty()) {
    error.hint = hint_about(error, m_options.cloud, m_options.page);
  }
  return error;
}

// That it cannot be kept costs one more request a run, and is told with the identity.
void Session::keep() {
  m_identity = described(*m_settings) + ", token until " + format_time(m_token->expires);
  if (m_options.cache.empty()) return;
  const std::size_t slash = m_options.cache.rfind('/');
  auto kept = make_directories(m_options.cache.substr(0, slash));
  if (kept) kept = write_file_atomically(m_options.cache, token_text(*m_token, digest_of(*m_settings)));
  if (!kept) m_identity += ", not kept: " + kept.error().message;
}

Result<void> Session::settle() {
  if (!m_settings) {
    TIDE_TRY_ASSIGN(m_settings, m_source());
    if (!m_options.cache.empty() && file_exists(m_options.cache)) {
      if (const auto text = read_file(m_options.cache)) m_token = token_from(*text, digest_of(*m_settings));
      if (m_token)
        m_identity = described(*m_settings) + ", token until " + format_time(m_token->expires) + ", kept from before";
    }
  }
  if (m_token && m_token->expires - m_clock.now() >= k_fresh) return {};
  auto token = ask();
  if (!token && (token.error().kind == ErrorKind::auth || token.error().kind == ErrorKind::config)) {
    // A daemon outlives a secret that somebody renews, and a Keystone that moves.
    auto fresh = m_source();
    if (fresh && digest_of(*fresh) != digest_of(*m_settings)) {
      m_settings = std::move(*fresh);
      token = ask();
    }
  }
  if (!token) {
    // What still lives serves on: Keystone may be away for a while.
    if (m_token && m_token->expires > m_clock.now() && token.error().kind != ErrorKind::auth) return {};
    return std::move(token).error();
  }
  const bool moved = m_token && token->catalogue != m_token->catalogue;
  m_token = std::move(*token);
  if (moved) m_roots.clear();
  keep();
  return {};
}

// An unversioned endpoint: which of the versions that it names is the one that tide speaks?
Result<std::string> Session::discover(const std::string& url) {
  const net::Request request = plain_request("GET", url + "/");
  const auto response = m_transport.perform({&request, 1}).front();
  if (!response) return response.error();
  return compute_root_in(response->body, url);
}

Result<std::string> Session::root_of(const std::string& service) {
  if (const auto known = m_roots.find(service); known != m_roots.end()) return known->second;
  TIDE_TRY_ASSIGN(std::string url, endpoint_of(*m_token, *m_settings, service));
  const auto parts = net::split_url(url);
  if (!parts) return parts.error();
  TIDE_TRY(check_scheme(*parts, url, service, *m_settings, m_options.cloud));
  while (url.ends_with('/')) url.pop_back();
  std::string root = versioned_root(service, url);
  if (root.empty()) {
    TIDE_TRY_ASSIGN(root, discover(url));
  }
  m_roots[service] = root;
  return root;
}

net::Request Session::request_for(const Call& call, const std::string& root) const {
  const bool document = call.service == "compute" && call.path == "/";  // a project below it has none
  net::Request request = plain_request(call.method, document ? version_document(root) : root + call.path);
  request.once = call.once;
  request.headers.emplace_back("X-Auth-Token", m_token->id.reveal());
  if (!call.microversion.empty()) {
    request.headers.emplace_back("OpenStack-API-Version", "compute " + call.microversion);
    request.headers.emplace_back("X-OpenStack-Nova-API-Version", call.microversion);  // before 2.27
  }
  if (!call.if_match.empty()) request.headers.emplace_back("If-Match", call.if_match);
  if (call.body.empty()) return request;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = call.body;
  return request;
}

Answer Session::answer_of(const Call& call, const Result<net::Response>& response) const {
  const std::string what =
      "cloud '" + m_options.cloud + "' failed at " + call.service + "'s " + call.method + " " + path_only(call.path);
  Answer answer;
  if (!response) {
    Error error = response.error();
    error.message = what + ": " + error.message;
    if (error.hint.empty()) error.hint = hint_about(error, m_options.cloud, m_options.page);
    answer.reply = std::move(error);
    return answer;
  }
  answer.status = response->status;
  if (response->status >= 200 && response->status < 300) {
    answer.reply = *response;
    return answer;
  }
  answer.peer_message = message_of(response->body);
  answer.unknown = response->status == 404 && says_unknown(call.service, response->body);
  const ErrorKind kind = kind_of(response->status, answer.peer_message);
  Error error = make_error(kind, "{}: HTTP status {}", what, response->status);
  if (answer.peer_message.empty()) {
    error.context.push_back("the reply begins: " + printable(response->body, 120));
  } else {
    error.context.push_back("the cloud said: " + shown(answer.peer_message));
  }
  if (const auto id = response->header("X-OpenStack-Request-Id"); !id.empty())
    error.context.push_back("request " + printable(id, 80));
  if (kind == ErrorKind::auth) error.context.push_back("asked as " + described(*m_settings));
  if (const auto wait = net::parse_retry_after(response->header("Retry-After"), m_clock.now()))
    error.retry_after_seconds = wait->count();
  error.hint = hint_about(error, m_options.cloud, m_options.page);
  answer.reply = std::move(error);
  return answer;
}

void Session::flush(std::span<const Call> calls, std::vector<std::size_t>& sent, std::vector<net::Request>& requests,
                    std::vector<Answer>& answers) {
  if (requests.empty()) return;
  const auto responses = m_transport.perform(requests);
  for (std::size_t k = 0; k < sent.size(); ++k) answers[sent[k]] = answer_of(calls[sent[k]], responses[k]);
  sent.clear();
  requests.clear();
}

// The moment, on the clock's monotonic(), from which it may be sent.
Result<std::chrono::milliseconds> Session::turn_of(const Call& call) {
  constexpr std::chrono::milliseconds k_now{0};
  if (m_options.pace.limiter == nullptr) return k_now;
  const std::string account = net::account_of("openstack", m_settings->auth_url, described(*m_settings));
  const net::Draw draw = draw_for(call.method, call.path, m_options.pace.rates, account);
  if (draw.rate.per_second == 0) return k_now;
  return m_options.pace.limiter->reserve({&draw, 1});
}

// Side by side as far as the pace lets them; those before one that must wait go first.
void Session::send(std::span<const Call> calls, std::span<const std::size_t> which, std::vector<Answer>& answers) {
  std::vector<net::Request> requests;
  std::vector<std::size_t> sent;
  for (const std::size_t i : which) {
    auto root = root_of(calls[i].service);
    if (!root) {
      answers[i].reply = std::move(root).error();
      answers[i].status = 0;
      continue;
    }
    auto turn = turn_of(calls[i]);
    const auto wait = turn ? *turn - m_clock.monotonic() : std::chrono::milliseconds(0);
    if (!turn || wait.count() > 0) flush(calls, sent, requests, answers);
    if (turn && wait.count() > 0 && !m_clock.sleep_for(wait))
      turn = make_error(ErrorKind::unsent, "stopped by a signal while waiting for its turn");
    if (!turn) {
      answers[i] = answer_of(calls[i], std::move(turn).error());
      continue;
    }
    requests.push_back(request_for(calls[i], *root));
    sent.push_back(i);
    ++m_sent[name_of_call(calls[i].method, calls[i].path)];
  }
  flush(calls, sent, requests, answers);
}

std::vector<Answer> Session::call(std::span<const Call> calls) {
  std::vector<Answer> answers(calls.size());
  const auto fail = [&](const std::vector<std::size_t>& which, Error error) {
    error = std::move(error).with_context("while asking for a token of cloud '" + m_options.cloud + "'");
    for (const std::size_t i : which) answers[i].reply = error;
  };
  std::vector<std::size_t> all(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) all[i] = i;
  if (auto ready = settle(); !ready) {
    fail(all, std::move(ready).error());
    return answers;
  }
  send(calls, all, answers);
  std::vector<std::size_t> refused;
  for (const std::size_t i : all) {
    if (answers[i].status == 401) refused.push_back(i);
    if (answers[i].status == 406 && !calls[i].microversion.empty()) m_version_refused = true;
  }
  if (refused.empty()) return answers;
  m_token.reset();  // revoked, or from another time than its Keystone believes
  if (auto ready = settle(); !ready) {
    fail(refused, std::move(ready).error());
    return answers;
  }
  send(calls, refused, answers);
  return answers;
}

Result<bool> Session::has(const std::string& service) {
  TIDE_TRY(settle());
  return has_service(*m_token, *m_settings, service);
}

Result<std::vector<std::string>> Session::roles() {
  TIDE_TRY(settle());
  TIDE_TRY_ASSIGN(const Token token, ask());
  return token.roles;
}

Result<std::string> Session::compute_ceiling() {
  TIDE_TRY(settle());
  return m_settings->compute_api_version;
}

}  // namespace tide::cloud::openstack
