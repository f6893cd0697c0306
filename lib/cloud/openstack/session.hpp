#pragma once

#include <tide/cloud/openstack/keystone.hpp>
#include <tide/cloud/openstack/pace.hpp>

#include <functional>
#include <span>
#include <utility>

namespace tide::cloud::openstack {

struct Call {
  std::string service = "compute";  // or "network", "image"
  std::string method = "GET";
  std::string path;               // below the service's API root, with its query: "/servers/detail?..."
  std::string body;               // JSON
  std::string microversion = {};  // of compute; "": the first
  bool once = false;              // the transport itself may not send it twice
  std::string if_match = {};      // of network: "revision_number=7", else a 412
};

struct Answer {
  Result<net::Response> reply{net::Response{}};  // a 2xx or 3xx
  int status = 0;                                // 0: none came
  std::string peer_message;                      // the peer's own words for a failure
  bool unknown = false;                          // a 404 in the service's own words: it has no such thing
};

// What the services answered, without Keystone around it. A token is taken from the cache file, asked for where there
// is none, renewed with less than two minutes left, and once when a service no longer takes it: calls that got a 401
// were not done and are sent again. Errors of kind retry and timeout: the call may or may not have been done.
class Session {
 public:
  struct Options {
    std::string cloud;  // name of [clouds.x], for messages
    std::string cache;  // file of the token between runs; "": none is kept
    std::string page;   // of the adapter, for hints: "nova.md"
    Pace pace = {};     // without a limiter as fast as it goes
  };
  using Source = std::function<Result<AuthSettings>()>;

  // `source` is asked with the first call: files may be readable only for the user that tide then runs as.
  Session(Options options, Source source, net::Transport& transport, Clock& clock)
      : m_options(std::move(options)), m_source(std::move(source)), m_transport(transport), m_clock(clock) {}

  // All side by side; one answer a call, in order.
  std::vector<Answer> call(std::span<const Call> calls);
  Answer call(const Call& call) { return std::move(this->call({&call, 1}).front()); }

  // Is the service in the catalogue, for our region and interface?
  Result<bool> has(const std::string& service);
  Result<std::string> compute_ceiling();  // compute_api_version of the settings; "": none
  std::string identity() const { return m_identity; }
  Result<std::vector<std::string>> roles();  // of a token that is asked for anew: they may have changed
  // Did Nova refuse a call's microversion (406) since this was asked last? It is another one than it was, then.
  bool take_version_refusal() { return std::exchange(m_version_refused, false); }
  const std::map<std::string, int>& calls() const { return m_sent; }  // by name_of_call, repeats included

 private:
  Result<void> settle();  // settings and a token
  Result<Token> ask();
  Result<std::string> root_of(const std::string& service);
  Result<std::string> discover(const std::string& url);
  net::Request request_for(const Call& call, const std::string& root) const;
  net::Request plain_request(const std::string& method, const std::string& url) const;
  Answer answer_of(const Call& call, const Result<net::Response>& response) const;
  Result<std::chrono::milliseconds> turn_of(const Call& call);
  void flush(std::span<const Call> calls, std::vector<std::size_t>& sent, std::vector<net::Request>& requests,
             std::vector<Answer>& answers);
  void send(std::span<const Call> calls, std::span<const std::size_t> which, std::vector<Answer>& answers);
  void keep();

  Options m_options;
  Source m_source;
  net::Transport& m_transport;
  Clock& m_clock;
  std::optional<AuthSettings> m_settings;
  std::optional<Token> m_token;
  std::map<std::string, std::string> m_roots;  // service: API root
  std::string m_identity;
  std::map<std::string, int> m_sent;
  bool m_version_refused = false;
};

}  // namespace tide::cloud::openstack
