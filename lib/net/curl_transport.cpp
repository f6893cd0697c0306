#include <tide/net/curl_transport.hpp>

#include <tide/net/transfer.hpp>
#include <tide/util/assert.hpp>

#include <csignal>
#include <ctime>
#include <optional>

namespace tide::net {

namespace {

constexpr int k_poll_ms = 1'000;  // curl wakes earlier for its own timers

// OpenSSL writes with write(): a peer that hung up would end the process, and NOSIGNAL keeps curl from preventing it.
class SigpipeGuard {
 public:
  SigpipeGuard() {
    ::sigemptyset(&m_pipe);
    ::sigaddset(&m_pipe, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    m_was_pending = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &m_pipe, &m_before);
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;
  ~SigpipeGuard() {
    const timespec at_once{};
    if (!m_was_pending) ::sigtimedwait(&m_pipe, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
  }

 private:
  sigset_t m_pipe{};
  sigset_t m_before{};
  bool m_was_pending = false;
};

// One call of perform: which transfers are under way and what came of the others.
class Batch {
 public:
  Batch(CURLM* multi, const CurlOptions& options, std::span<const Request> requests)
      : m_multi(multi),
        m_options(options),
        m_requests(requests),
        m_transfers(requests.size()),
        m_results(requests.size()) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch() {
    for (auto& transfer : m_transfers) {
      if (transfer) ::curl_multi_remove_handle(m_multi, transfer->handle());
    }
  }

  std::vector<Result<Response>> run() {
    CURLMcode code = CURLM_OK;
    for (fill_places(); m_running > 0; fill_places()) {
      int still = 0;
      code = ::curl_multi_perform(m_multi, &still);
      const bool some_ended = collect();
      if (code == CURLM_OK && !some_ended) code = ::curl_multi_poll(m_multi, nullptr, 0, k_poll_ms, nullptr);
      if (code != CURLM_OK) break;
    }
    std::vector<Result<Response>> results;
    for (auto& result : m_results) {
      results.push_back(result ? std::move(*result)
                               : make_error(ErrorKind::unexpected, "libcurl failed: {}", ::curl_multi_strerror(code)));
    }
    return results;
  }

 private:
  void fill_places() {
    for (; m_next < m_requests.size() && m_running < m_options.parallel_max; ++m_next) {
      const Request& request = m_requests[m_next];
      std::chrono::milliseconds timeout = request.timeout;
      if (request.all_within.count() > 0) {
        const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - m_begin);
        timeout = std::min(timeout, request.all_within - waited);
        if (timeout.count() <= 0) {
          m_results[m_next] = not_asked(request);
          continue;
        }
      }
      auto made = Transfer::make(request, timeout, m_options);
      if (!made) {
        m_results[m_next] = std::move(made).error();
        continue;
      }
      auto& transfer = m_transfers[m_next] = std::move(made).value();
      ::curl_easy_setopt(transfer->handle(), CURLOPT_PRIVATE, &m_transfers[m_next]);
      TIDE_CHECK(::curl_multi_add_handle(m_multi, transfer->handle()) == CURLM_OK, "libcurl refuses a transfer");
      ++m_running;
    }
  }

  bool collect() {
    int left = 0;
    bool some = false;
    while (const CURLMsg* message = ::curl_multi_info_read(m_multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* handle = message->easy_handle;
      const CURLcode code = message->data.result;  // the message is gone once its handle is
      std::unique_ptr<Transfer>* slot = nullptr;
      ::curl_easy_getinfo(handle, CURLINFO_PRIVATE, &slot);
      ::curl_multi_remove_handle(m_multi, handle);
      m_results[static_cast<std::size_t>(slot - m_transfers.data())] = (*slot)->finish(code);
      slot->reset();
      --m_running;
      some = true;
    }
    return some;
  }

  using Steady = std::chrono::steady_clock;
  const Steady::time_point m_begin = Steady::now();
  CURLM* m_multi;
  const CurlOptions& m_options;
  std::span<const Request> m_requests;
  std::vector<std::unique_ptr<Transfer>> m_transfers;
  std::vector<std::optional<Result<Response>>> m_results;
  std::size_t m_next = 0;
  int m_running = 0;
};

}  // namespace

std::unique_ptr<Transport> CurlTransport::make(const CurlOptions& options) {
  static const CURLcode k_ready = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  TIDE_CHECK(k_ready == CURLE_OK, "libcurl does not start");
  TIDE_CHECK(options.parallel_max > 0, "no request may be sent");
  CURLM* multi = ::curl_multi_init();
  TIDE_CHECK(multi != nullptr, "libcurl gives no multi handle");
  ::curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options.parallel_max));
  return std::unique_ptr<Transport>(new CurlTransport(options, multi));
}

CurlTransport::~CurlTransport() { ::curl_multi_cleanup(m_multi); }

std::vector<Result<Response>> CurlTransport::perform(std::span<const Request> requests) {
  const SigpipeGuard guard;
  return Batch(m_multi, m_options, requests).run();
}

}  // namespace tide::net
