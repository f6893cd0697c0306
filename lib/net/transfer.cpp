#include <tide/net/transfer.hpp>

#include <tide/net/url.hpp>
#include <tide/util/assert.hpp>
#include <tide/util/text.hpp>

#include <sys/socket.h>

#include <algorithm>

namespace tide::net {

namespace {

constexpr std::size_t k_headers_max = 256U << 10U;
constexpr const char* k_never_by_proxy = "localhost,127.0.0.1,::1,169.254.169.254";
constexpr std::string_view k_metadata_host = "169.254.169.254";  // has no TLS; never leaves the host's own link

// An option that this libcurl does not know is a broken build, not a bad day.
template <typename Value>
void set(CURL* handle, CURLoption option, Value value) {
  TIDE_CHECK(::curl_easy_setopt(handle, option, value) == CURLE_OK, "libcurl refuses an option");
}

curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool is_header_text(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return false;
  }
  return true;
}

// What went wrong in which class: transport.hpp. All that may have reached the peer is `retry`.
ErrorKind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return ErrorKind::timeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER: return ErrorKind::config;
    case CURLE_OUT_OF_MEMORY: return ErrorKind::unexpected;
    default: return ErrorKind::retry;
  }
}

std::string_view what_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return "did not answer in time";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR: return "shows a certificate that is not trusted";
    case CURLE_SSL_CACERT_BADFILE: return "cannot be checked: the CA file is unreadable";
    case CURLE_COULDNT_RESOLVE_HOST: return "has no address";
    case CURLE_COULDNT_CONNECT: return "cannot be reached";
    case CURLE_PARTIAL_FILE: return "cut its answer short";
    case CURLE_GOT_NOTHING: return "closed the connection without an answer";
    default: return "did not answer properly";
  }
}

std::string_view hint_of(ErrorKind kind) {
  if (kind == ErrorKind::config) return "Check endpoint and ca_file of this cloud in the configuration.";
  if (kind == ErrorKind::timeout)
    return "Check the network and proxy; the call may have been done, and a later pass looks.";
  return "Check the network, the proxy and the cloud's endpoint; a later pass tries again.";
}

}  // namespace

Result<std::unique_ptr<Transfer>> Transfer::make(const Request& request, std::chrono::milliseconds timeout,
                                                 const CurlOptions& options) {
  std::unique_ptr<Transfer> transfer(new Transfer(request));
  TIDE_TRY(transfer->set_up(timeout, options));
  return transfer;
}

Result<void> Transfer::set_up(std::chrono::milliseconds timeout, const CurlOptions& options) {
  TIDE_TRY_ASSIGN(const Url url, split_url(m_request.url));
  m_host = url.authority();
  const bool http_allowed = m_request.allow_http || is_loopback(url.host) || url.host == k_metadata_host;
  if (url.scheme == "http" && !http_allowed) {
    return make_error(ErrorKind::config, "'{}' is not encrypted", printable(redact_url(m_request.url), 200))
        .with_hint("Use https, or write http in this cloud's endpoint if that is what you want.");
  }
  m_handle.reset(::curl_easy_init());
  TIDE_CHECK(m_handle != nullptr, "libcurl gives no handle");
  CURL* h = m_handle.get();
  set(h, CURLOPT_ERRORBUFFER, m_words.data());
  set(h, CURLOPT_URL, m_request.url.c_str());
  set(h, CURLOPT_PROTOCOLS_STR, "http,https");
  set(h, CURLOPT_PATH_AS_IS, 1L);  // the signature covers the path as written
  set(h, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(h, CURLOPT_FOLLOWLOCATION, 0L);
  set(h, CURLOPT_NOSIGNAL, 1L);
  set(h, CURLOPT_USERAGENT, "tide/" TIDE_VERSION);
  set(h, CURLOPT_SSL_VERIFYPEER, m_request.insecure ? 0L : 1L);
  set(h, CURLOPT_SSL_VERIFYHOST, m_request.insecure ? 0L : 2L);
  set(h, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!m_request.ca_file.empty()) set(h, CURLOPT_CAINFO, m_request.ca_file.c_str());
  set(h, CURLOPT_PROXY, m_request.proxy.c_str());
  set(h, CURLOPT_NOPROXY, k_never_by_proxy);
  set(h, CURLOPT_TIMEOUT_MS, std::max<long>(1, static_cast<long>(timeout.count())));
  set(h, CURLOPT_CONNECTTIMEOUT_MS, std::max<long>(1, static_cast<long>(options.connect_timeout.count())));
  set(h, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  // curl repeats by itself what it sent on a kept connection that proved dead; only a new one cannot be that.
  set(h, CURLOPT_FRESH_CONNECT, m_request.once ? 1L : 0L);
  set(h, CURLOPT_WRITEFUNCTION, on_body);
  set(h, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(h, CURLOPT_HEADERFUNCTION, on_header);
  set(h, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set_body();
  return set_headers();
}

void Transfer::set_body() {
  CURL* h = m_handle.get();
  const std::string& method = m_request.method;
  if (method == "HEAD") {
    set(h, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!m_request.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    set(h, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(m_request.body.size()));
    set(h, CURLOPT_POSTFIELDS, m_request.body.c_str());
  }
  set(h, CURLOPT_CUSTOMREQUEST, method.c_str());
}

Result<void> Transfer::set_headers() {
  bool has_type = false;
  std::vector<std::string> lines{"Expect:"};  // no "100-continue": it costs a second where servers ignore it
  for (const auto& [name, value] : m_request.headers) {
    if (name.empty() || name.find(':') != std::string::npos || !is_header_text(name) || !is_header_text(value)) {
      return make_error(ErrorKind::config, "'{}' is no header that can be sent", printable(name, 100))
          .with_hint("Look for line ends in the names and tokens of this cloud's configuration.");
    }
    has_type = has_type || to_lower(name) == "content-type";
    lines.push_back(value.empty() ? name + ";" : name + ": " + value);
  }
  if (!has_type) lines.emplace_back("Content-Type:");  // else curl claims that every body is a form
  for (const auto& line : lines) {
    curl_slist* list = ::curl_slist_append(m_header_list.get(), line.c_str());
    TIDE_CHECK(list != nullptr, "out of memory");
    static_cast<void>(m_header_list.release());
    m_header_list.reset(list);
  }
  set(m_handle.get(), CURLOPT_HTTPHEADER, m_header_list.get());
  return {};
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  if (transfer.m_response.body.size() + bytes > transfer.m_request.body_max) {
    transfer.m_refused = make_error(ErrorKind::protocol, "'{}' answers with more than {} bytes", transfer.m_host,
                                    transfer.m_request.body_max);
    return 0;
  }
  transfer.m_response.body.append(data, bytes);
  return bytes;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view line = trim({data, size * count});
  transfer.m_header_bytes += size * count;
  if (transfer.m_header_bytes > k_headers_max) {
    transfer.m_refused = make_error(ErrorKind::protocol, "'{}' answers with more than {} bytes of headers",
                                    transfer.m_host, k_headers_max);
    return 0;
  }
  transfer.m_headers_ended = transfer.m_headers_ended || line.empty();
  if (line.starts_with("HTTP/")) {
    transfer.m_headers_ended = false;
    transfer.m_response.headers.clear();  // what came before was a 1xx or the proxy's
    return size * count;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos)
    transfer.m_response.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  return size * count;
}

Result<Response> Transfer::finish(CURLcode code) {
  // libcurl takes a connection that ends among the headers for an answer without a body.
  if (code == CURLE_OK && !m_headers_ended) code = CURLE_PARTIAL_FILE;
  if (code != CURLE_OK) return error_of(code);
  long status = 0;
  ::curl_easy_getinfo(m_handle.get(), CURLINFO_RESPONSE_CODE, &status);
  m_response.status = static_cast<int>(status);
  return std::move(m_response);
}

Error Transfer::error_of(CURLcode code) const {
  Error error = m_refused ? *m_refused : make_error(kind_of(code), "'{}' {}", m_host, what_of(code));
  if (error.hint.empty()) error.hint = hint_of(error.kind);
  error.context.push_back("while asking " + m_request.method + " " + printable(redact_url(m_request.url), 300));
  if (m_refused) return error;
  const std::string_view words = m_words.front() != '\0' ? m_words.data() : ::curl_easy_strerror(code);
  error.context.push_back("from curl: " + printable(trim(words), 300));
  return error;
}

}  // namespace tide::net
