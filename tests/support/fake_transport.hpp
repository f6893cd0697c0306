#pragma once

#include <tide/net/transport.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tide::test {

// A Transport in process: calls the handler for each request, and keeps the requests.
class FakeTransport final : public net::Transport {
 public:
  using Handler = std::function<Result<net::Response>(const net::Request&)>;

  explicit FakeTransport(Handler handler) : m_handler(std::move(handler)) {}

  std::vector<Result<net::Response>> perform(std::span<const net::Request> batch) override {
    std::vector<Result<net::Response>> results;
    ++performs;
    for (const auto& request : batch) {
      requests.push_back(request);
      results.push_back(m_handler(request));
    }
    return results;
  }

  std::vector<net::Request> requests;
  int performs = 0;

 private:
  Handler m_handler;
};

enum class Fault {
  none,
  drop_before,  // the peer never sees the request: retry
  lose_reply,   // it acts, and the answer is lost: retry
  truncate,     // it acts, and half the body comes: retry, as from a Content-Length that is not met
  cut_quietly,  // it acts, and half the body comes with status and all: no Content-Length gave it away
  html_502,     // a proxy's page; the peer never saw the request
  hang,         // it acts, and the answer is too late: timeout
  hang_before,  // the peer never sees it, and time runs out
};

// Lets a request through to `inner`, or spoils it. The plan is asked once a request, in order.
class FaultyTransport final : public net::Transport {
 public:
  using Plan = std::function<Fault(const net::Request&, int index)>;

  FaultyTransport(net::Transport& inner, Plan plan) : m_inner(inner), m_plan(std::move(plan)) {}
  // These faults for the first requests, none after.
  FaultyTransport(net::Transport& inner, std::vector<Fault> faults)
      : FaultyTransport(inner, [faults = std::move(faults)](const net::Request&, int index) {
          const auto at = static_cast<std::size_t>(index);
          return at < faults.size() ? faults[at] : Fault::none;
        }) {}

  std::vector<Result<net::Response>> perform(std::span<const net::Request> batch) override {
    std::vector<Result<net::Response>> results;
    for (const auto& request : batch) results.push_back(one(request, m_plan(request, m_count++)));
    return results;
  }

  int count() const { return m_count; }

 private:
  Result<net::Response> pass_on(const net::Request& request) {
    return std::move(m_inner.perform({&request, 1}).front());
  }

  Result<net::Response> one(const net::Request& request, Fault fault) {
    switch (fault) {
      case Fault::none: return pass_on(request);
      case Fault::drop_before: return make_error(ErrorKind::retry, "'peer' cannot be reached");
      case Fault::html_502:
        return net::Response{.status = 502,
                             .headers = {{"Content-Type", "text/html"}},
                             .body = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"};
      case Fault::hang_before: return make_error(ErrorKind::timeout, "'peer' did not answer in time");
      case Fault::lose_reply:
        static_cast<void>(pass_on(request));
        return make_error(ErrorKind::retry, "'peer' closed the connection without an answer");
      case Fault::truncate:
        static_cast<void>(pass_on(request));
        return make_error(ErrorKind::retry, "'peer' cut its answer short");
      case Fault::hang:
        static_cast<void>(pass_on(request));
        return make_error(ErrorKind::timeout, "'peer' did not answer in time");
      case Fault::cut_quietly: {
        auto result = pass_on(request);
        if (result) result->body.resize(result->body.size() / 2);
        return result;
      }
    }
    return make_error(ErrorKind::unexpected, "no such fault");
  }

  net::Transport& m_inner;
  Plan m_plan;
  int m_count = 0;
};

}  // namespace tide::test
