#include <tide/cloud/aws/metadata.hpp>

#include <tide/cloud/aws/key_document.hpp>
#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::cloud::aws {
namespace {

constexpr std::size_t k_reply_max = 64U << 10U;
constexpr const char* k_link_local = "http://169.254.169.254";
constexpr const char* k_link_local_6 = "http://[fd00:ec2::254]";
constexpr const char* k_container_host = "http://169.254.170.2";
constexpr const char* k_roles = "/latest/meta-data/iam/security-credentials/";
constexpr const char* k_no_role =
    "Give the machine an instance profile, or name a profile with [clouds.x] profile; "
    "AWS_EC2_METADATA_DISABLED=true keeps tide from asking.";

struct Patience {
  std::chrono::milliseconds timeout;
  int tries;
};

int whole(const std::string& text, int fallback, int most) {
  const auto number = parse_integer(text);
  return number && *number >= 1 && *number <= most ? static_cast<int>(*number) : fallback;
}

// Again after a lost connection, a time-out or a 5xx; the last answer counts.
Result<net::Response> ask(net::Transport& transport, const net::Request& request, int tries) {
  Result<net::Response> answer{net::Response()};
  for (int i = 0; i < tries; ++i) {
    answer = std::move(transport.perform({&request, 1}).front());
    if (answer ? answer->status < 500 : answer.error().kind == ErrorKind::config) return answer;
  }
  return answer;
}

class InstanceMetadata {
 public:
  InstanceMetadata(std::string base, Patience patience, net::Transport& transport, Clock& clock)
      : m_base(std::move(base)), m_patience(patience), m_transport(transport), m_clock(clock) {
    while (m_base.ends_with('/')) m_base.pop_back();
  }

  Result<Credentials> keys() {
    TIDE_TRY(fetch_token());
    TIDE_TRY_ASSIGN(const net::Response roles, get(k_roles));
    const std::string role(trim(std::string_view(roles.body).substr(0, roles.body.find('\n'))));
    if (role.empty() || role.size() > 128 || !is_token(role) || role.find_first_of("/?#%") != std::string::npos) {
      return make_error(ErrorKind::auth, "the instance metadata names no role").with_hint(k_no_role);
    }
    TIDE_TRY_ASSIGN(const net::Response keys, get(k_roles + role));
    return read(keys, role);
  }

 private:
  Error failed(const std::string& why) const {
    return make_error(ErrorKind::auth, "the instance metadata at {} {}", printable(net::redact_url(m_base), 100), why);
  }

  Result<void> fetch_token() {
    const net::Request request = asking("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds", "21600"});
    const auto answer = ask(m_transport, request, m_patience.tries);
    if (!answer && answer.error().kind == ErrorKind::timeout) {
      return failed("did not answer in time")
          .with_hint(
              "On an EC2 machine in a container, raise its HttpPutResponseHopLimit to 2; elsewhere name a profile with "
              "[clouds.x] profile, or set AWS_EC2_METADATA_DISABLED=true.");
    }
    if (!answer) return failed("cannot be asked").with_peer(answer.error().message).with_hint(k_no_role);
    if (answer->status != 200) {
      return failed("gives no session token (HTTP status " + std::to_string(answer->status) + ")")
          .with_hint("Switch version 2 of the instance metadata on: tide does not ask version 1.");
    }
    m_token = Secret(std::string(trim(answer->body)));
    if (m_token.empty() || !is_token(m_token.reveal())) return failed("gave a session token that none is");
    return {};
  }

  Result<net::Response> get(const std::string& path) {
    const auto answer =
        ask(m_transport, asking("GET", path, {"X-aws-ec2-metadata-token", m_token.reveal()}), m_patience.tries);
    if (!answer) return failed("cannot be asked").with_peer(answer.error().message).with_hint(k_no_role);
    if (answer->status == 404) return failed("knows no role of this machine").with_hint(k_no_role);
    if (answer->status != 200) return failed("answered with HTTP status " + std::to_string(answer->status));
    return *answer;
  }

  Result<Credentials> read(const net::Response& answer, const std::string& role) {
    const std::string source = std::string(k_metadata_source) + " '" + role + "'";
    TIDE_TRY_ASSIGN(const auto document, parse_key_document(answer.body, source));
    // A 200 with an error in it: EC2 may not use the role, for example.
    if (const auto code = document.find("Code"); code != document.end() && code->second != "Success") {
      const auto message = document.find("Message");
      Error error = make_error(ErrorKind::auth, "{} cannot be had: {}", source, printable(code->second, 80));
      if (message != document.end()) {
        error.context.push_back("the instance metadata said: " + printable(message->second, 300));
      }
      return std::move(error).with_hint("Let ec2.amazonaws.com use the role in its trust policy.");
    }
    TIDE_TRY_ASSIGN(Credentials found, to_credentials(document, {}, source, true));
    found.expires = by_our_clock(*found.expires, answer.header("Date"), m_clock.now());
    return found;
  }

  net::Request asking(const std::string& method, const std::string& path,
                      std::pair<std::string, std::string> header) const {
    net::Request request{.method = method, .url = m_base + path, .headers = {std::move(header)}, .body = {}};
    request.timeout = m_patience.timeout;
    request.body_max = k_reply_max;
    request.allow_http = true;  // the link's own address, or one that the environment names
    return request;
  }

  std::string m_base;
  Patience m_patience;
  net::Transport& m_transport;
  Clock& m_clock;
  Secret m_token;
};

Result<void> check_container_url(const std::string& url) {
  constexpr std::array<std::string_view, 3> k_allowed{"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
  const auto parts = net::split_url(url);
  if (!parts) {
    return make_error(ErrorKind::auth, "AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL")
        .with_hint("Correct AWS_CONTAINER_CREDENTIALS_FULL_URI, or unset it.");
  }
  if (parts->scheme == "https" || net::is_loopback(parts->host)) return {};
  if (std::ranges::find(k_allowed, parts->host) != k_allowed.end()) return {};
  return make_error(ErrorKind::auth, "AWS_CONTAINER_CREDENTIALS_FULL_URI names host '{}'", printable(parts->host, 80))
      .with_hint("Plain http is for loopback, 169.254.170.2, 169.254.170.23 and fd00:ec2::23: use https elsewhere.");
}

Result<Secret> container_token(const Environment& environment) {
  Secret token(variable(environment, {"AWS_CONTAINER_AUTHORIZATION_TOKEN"}));
  if (const std::string file = variable(environment, {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}); !file.empty()) {
    TIDE_TRY_ASSIGN(token, read_secret_file(file, true));
  }
  const bool breaks_out =
      std::ranges::any_of(token.reveal(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
  if (!breaks_out) return token;
  return make_error(ErrorKind::auth, "the container's authorization token holds line ends or control characters")
      .with_hint("Correct AWS_CONTAINER_AUTHORIZATION_TOKEN or the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE.");
}

}  // namespace

Result<Credentials> ask_instance_metadata(const Environment& environment, const Settings& profile,
                                          net::Transport& transport, Clock& clock) {
  if (to_lower(variable(environment, {"AWS_EC2_METADATA_DISABLED"})) == "true") {
    return make_error(ErrorKind::auth, "the instance metadata is switched off by AWS_EC2_METADATA_DISABLED")
        .with_hint("Unset AWS_EC2_METADATA_DISABLED, or name a profile with [clouds.x] profile.");
  }
  const auto either = [&](const char* name, const char* key) {
    const std::string value = variable(environment, {name});
    return value.empty() ? setting(profile, key) : value;
  };
  std::string base = either("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
  if (base.empty()) {
    const std::string mode = either("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
    base = to_lower(mode) == "ipv6" ? k_link_local_6 : k_link_local;
  }
  if (const auto url = net::split_url(base); !url || !url->query.empty()) {
    return make_error(ErrorKind::auth, "AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL")
        .with_hint("Correct AWS_EC2_METADATA_SERVICE_ENDPOINT, or unset it.");
  }
  const Patience patience{
      .timeout = Seconds(whole(either("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"), 1, 60)),
      .tries = whole(either("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"), 2, 10)};
  return InstanceMetadata(base, patience, transport, clock).keys();
}

bool has_container_endpoint(const Environment& environment) {
  return !variable(environment, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"})
              .empty();
}

Result<Credentials> ask_container(const Environment& environment, net::Transport& transport, Clock& clock) {
  const std::string source = "the container's credentials endpoint";
  std::string url = variable(environment, {"AWS_CONTAINER_CREDENTIALS_FULL_URI"});
  if (const std::string path = variable(environment, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}); !path.empty()) {
    url = k_container_host + std::string(path.front() == '/' ? "" : "/") + path;
  }
  if (url.empty()) {
    return make_error(ErrorKind::auth, "no container's credentials endpoint is named")
        .with_hint("Set AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI.");
  }
  TIDE_TRY(check_container_url(url));
  TIDE_TRY_ASSIGN(const Secret token, container_token(environment));
  net::Request request{.method = "GET", .url = url, .headers = {{"Accept", "application/json"}}, .body = {}};
  if (!token.empty()) request.headers.emplace_back("Authorization", token.reveal());
  request.timeout = Seconds(2);
  request.body_max = k_reply_max;
  request.allow_http = true;  // check_container_url() has looked
  const auto answer = ask(transport, request, 3);
  if (!answer) return make_error(ErrorKind::auth, "{} cannot be asked", source).with_peer(answer.error().message);
  if (answer->status != 200) {
    return make_error(ErrorKind::auth, "{} answered with HTTP status {}", source, answer->status)
        .with_hint("Check AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN.");
  }
  TIDE_TRY_ASSIGN(const auto document, parse_key_document(answer->body, source));
  TIDE_TRY_ASSIGN(Credentials found, to_credentials(document, {}, source, true));
  found.expires = by_our_clock(*found.expires, answer->header("Date"), clock.now());
  return found;
}

}  // namespace tide::cloud::aws
