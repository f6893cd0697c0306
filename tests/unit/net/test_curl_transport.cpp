#include <tide/net/curl_transport.hpp>
#include <tide/util/files.hpp>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

using namespace tide;
using net::CurlTransport;
using net::Request;
using std::chrono::milliseconds;

namespace {

// What a handler may do with one connection: read a request, write whatever bytes it likes.
class Peer {
 public:
  Peer(UniqueFd fd, int stop_fd) : m_fd(std::move(fd)), m_stop_fd(stop_fd) {}

  // Head and body; "" once the client is gone or the server stops.
  std::string read_request() {
    while (m_buffer.find("\r\n\r\n") == std::string::npos) {
      if (!fill()) return {};
    }
    const std::size_t head = m_buffer.find("\r\n\r\n") + 4;
    const std::size_t at = m_buffer.find("Content-Length: ");
    const std::size_t size = at < head ? head + std::stoul(m_buffer.substr(at + 16)) : head;
    while (m_buffer.size() < size) {
      if (!fill()) return {};
    }
    const std::string request = m_buffer.substr(0, size);
    m_buffer.erase(0, size);
    return request;
  }

  bool write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(m_fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  void wait_until_gone() {
    while (fill()) continue;
  }

 private:
  bool fill() {
    pollfd entries[] = {{m_fd.get(), POLLIN, 0}, {m_stop_fd, POLLIN, 0}};
    if (::poll(entries, 2, -1) <= 0 || entries[1].revents != 0) return false;
    char data[4'096];
    const ssize_t count = ::recv(m_fd.get(), data, sizeof data, 0);
    if (count <= 0) return false;
    m_buffer.append(data, static_cast<std::size_t>(count));
    return true;
  }

  UniqueFd m_fd;
  int m_stop_fd;
  std::string m_buffer;
};

// A server of raw bytes on loopback, a thread a connection.
class Server {
 public:
  explicit Server(std::function<void(Peer&)> handler) : m_handler(std::move(handler)) {
    m_listener = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(m_listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(m_listener.get(), 64) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(m_listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    m_stop_read = UniqueFd(ends[0]);
    m_stop_write = UniqueFd(ends[1]);
    m_acceptor = std::thread([this] { accept_all(); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    m_stop_write.reset();  // everyone who polls the other end wakes
    m_acceptor.join();
    for (auto& thread : m_threads) thread.join();
  }

  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port) + path; }

  int port = 0;
  std::atomic<int> connections{0};

 private:
  void accept_all() {
    for (;;) {
      pollfd entries[] = {{m_listener.get(), POLLIN, 0}, {m_stop_read.get(), POLLIN, 0}};
      if (::poll(entries, 2, -1) <= 0 || entries[1].revents != 0) return;
      UniqueFd fd(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
      ++connections;
      m_threads.emplace_back([this, fd = std::move(fd)]() mutable {
        Peer peer(std::move(fd), m_stop_read.get());
        m_handler(peer);
      });
    }
  }

  std::function<void(Peer&)> m_handler;
  UniqueFd m_listener;
  UniqueFd m_stop_read;
  UniqueFd m_stop_write;
  std::thread m_acceptor;
  std::vector<std::thread> m_threads;
};

std::string reply(const std::string& body, const std::string& status = "200 OK", const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

// Answers every request on a connection alike.
std::function<void(Peer&)> always(const std::string& bytes) {
  return [bytes](Peer& peer) {
    while (!peer.read_request().empty()) peer.write(bytes);
  };
}

std::function<void(Peer&)> once_then_close(const std::string& bytes) {
  return [bytes](Peer& peer) {
    peer.read_request();
    peer.write(bytes);
  };
}

Result<net::Response> ask(const Request& request) {
  return std::move(CurlTransport::make()->perform({&request, 1}).front());
}

std::string joined(const Error& error) {
  std::string text = error.message;
  for (const auto& line : error.context) text += "\n" + line;
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("net/curl_transport");

TEST_CASE("perform: status, headers and body come back; an error status is no error") {
  const Server server(always(reply("no", "503 Slow Down", "Retry-After: 7\r\nX-Twice: a\r\nX-Twice: b\r\n")));
  const auto response = ask({.url = server.url()});
  REQUIRE(response);
  CHECK(response->status == 503);
  CHECK(response->body == "no");
  CHECK(response->header("retry-AFTER") == "7");
  CHECK(response->header("absent") == "");
  CHECK(std::ranges::count(response->headers, std::string("X-Twice"), &std::pair<std::string, std::string>::first) ==
        2);
}

TEST_CASE("perform: the request goes out exactly as given") {
  std::string seen;
  std::mutex mutex;
  const Server server([&](Peer& peer) {
    const std::string request = peer.read_request();
    const std::lock_guard lock(mutex);
    seen = request;
    peer.write(reply("ok"));
  });
  const Request request{
      .method = "POST",
      .url = server.url("/a/../b%2Fc?x=1&y=%20"),
      .headers = {{"X-Empty", ""}, {"Content-Type", "application/x-test"}, {"Authorization", "secret-sauce"}},
      .body = std::string("a\0b", 3)};
  REQUIRE(ask(request));
  const std::lock_guard lock(mutex);
  CHECK(seen.starts_with("POST /a/../b%2Fc?x=1&y=%20 HTTP/1.1\r\n"));
  CHECK(seen.find("User-Agent: tide/" TIDE_VERSION "\r\n") != std::string::npos);
  CHECK(seen.find("X-Empty:\r\n") != std::string::npos);
  CHECK(seen.find("Content-Type: application/x-test\r\n") != std::string::npos);
  CHECK(seen.find("Expect:") == std::string::npos);
  CHECK(seen.ends_with(std::string("\r\n\r\na\0b", 7)));
}

TEST_CASE("perform: methods with and without a body") {
  const Server server([](Peer& peer) {
    for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
      const std::string line = request.substr(0, request.find(' '));
      peer.write(line == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                                : reply(line + "|" + request.substr(request.find("\r\n\r\n") + 4)));
    }
  });
  const auto transport = CurlTransport::make();
  const std::vector<Request> requests{{.method = "GET", .url = server.url()},
                                      {.method = "DELETE", .url = server.url()},
                                      {.method = "PUT", .url = server.url(), .body = "b"},
                                      {.method = "POST", .url = server.url()},
                                      {.method = "HEAD", .url = server.url()}};
  const auto results = transport->perform(requests);
  CHECK(results[0].value().body == "GET|");
  CHECK(results[1].value().body == "DELETE|");
  CHECK(results[2].value().body == "PUT|b");
  CHECK(results[3].value().body == "POST|");
  CHECK(results[4].value().body == "");
}

TEST_CASE("perform: too slow is a timeout, before the answer and in the middle of it") {
  const Server silent([](Peer& peer) { peer.wait_until_gone(); });
  const Server half([](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    peer.wait_until_gone();
  });
  for (const auto* server : {&silent, &half}) {
    const auto began = std::chrono::steady_clock::now();
    const auto response = ask({.url = server->url("/x?Signature=abc"), .timeout = milliseconds(200)});
    REQUIRE_FALSE(response);
    CHECK(response.error().kind == ErrorKind::timeout);
    CHECK(std::chrono::steady_clock::now() - began < milliseconds(5'000));
    CHECK(joined(response.error()).find("/x?...") != std::string::npos);
    CHECK(joined(response.error()).find("abc") == std::string::npos);
    CHECK_FALSE(response.error().hint.empty());
  }
}

TEST_CASE("perform: refused, cut short, hung up and rubbish are retry, with curl's words") {
  int closed_port = 0;
  {
    const Server gone(always(""));
    closed_port = gone.port;
  }
  const auto refused = ask({.url = "http://127.0.0.1:" + std::to_string(closed_port) + "/"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::retry);
  CHECK(refused.error().message == "'127.0.0.1:" + std::to_string(closed_port) + "' cannot be reached");
  CHECK(joined(refused.error()).find("from curl: ") != std::string::npos);
  for (const char* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                            "HTTP/1.1 200 OK\r\nContent-Le", "", "220 smtp.example.org ESMTP\r\n"}) {
    CAPTURE(bytes);
    const Server server(once_then_close(bytes));
    const auto response = ask({.url = server.url()});
    REQUIRE_FALSE(response);
    CHECK(response.error().kind == ErrorKind::retry);
  }
}

TEST_CASE("perform: a body may be as large as said and no larger, whatever its length header says") {
  const std::string body(100'000, 'x');
  const Server sized(always(reply(body)));
  const Server chunked(
      once_then_close("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + body + "\r\n0\r\n\r\n"));
  for (const auto* server : {&sized, &chunked}) {
    CHECK(ask({.url = server->url(), .body_max = 100'000}).value().body == body);
    const auto large = ask({.url = server->url(), .body_max = 99'999});
    REQUIRE_FALSE(large);
    CHECK(large.error().kind == ErrorKind::protocol);
    CHECK(large.error().message.find("more than 99999 bytes") != std::string::npos);
  }
  const Server endless([](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\n");
    while (peer.write("X-Pad: " + std::string(1'000, 'x') + "\r\n")) continue;
  });
  CHECK_FALSE(ask({.url = endless.url()}));
}

TEST_CASE("perform: a redirect is not followed") {
  const Server server(always(reply("", "302 Found", "Location: http://127.0.0.1:1/stolen\r\n")));
  CHECK(ask({.url = server.url(), .headers = {{"Authorization", "x"}}}).value().status == 302);
  CHECK(server.connections == 1);
}

TEST_CASE("perform: a connection is kept for the next call; `once` takes a new one") {
  const Server server(always(reply("ok")));
  const auto transport = CurlTransport::make();
  const Request request{.url = server.url()};
  for (int i = 0; i < 5; ++i) CHECK(transport->perform({&request, 1}).front());
  CHECK(server.connections == 1);
  const Request once{.method = "POST", .url = server.url(), .once = true};
  CHECK(transport->perform({&once, 1}).front());
  CHECK(server.connections == 2);
}

TEST_CASE("perform: many at once, in order, at most so many side by side") {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  const Server server([&](Peer& peer) {
    for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
      const int running = ++now;
      for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) continue;
      std::this_thread::sleep_for(milliseconds(5));
      --now;
      peer.write(reply(request.substr(4, request.find(" HTTP") - 4)));
    }
  });
  std::vector<Request> requests;
  for (int i = 0; i < 100; ++i) requests.push_back({.url = server.url("/" + std::to_string(i))});
  requests[50].url = "ftp://127.0.0.1/";
  const auto results = CurlTransport::make({.parallel_max = 8})->perform(requests);
  REQUIRE(results.size() == 100);
  for (std::size_t i = 0; i < 100; ++i) {
    CAPTURE(i);
    if (i == 50) CHECK(results[i].error().kind == ErrorKind::config);
    if (i != 50) CHECK(results[i].value().body == "/" + std::to_string(i));
  }
  CHECK(most <= 8);
  CHECK(most > 1);
  CHECK(server.connections <= 8);
  CHECK(CurlTransport::make()->perform({}).empty());
}

TEST_CASE("perform: what finds no place within the time of all is not asked, and the rest has what is left") {
  const Server server([](Peer& peer) { peer.wait_until_gone(); });
  std::vector<Request> requests(6, {.url = server.url("/"), .timeout = milliseconds(200)});
  for (Request& request : requests) request.all_within = milliseconds(300);
  const auto begin = std::chrono::steady_clock::now();
  const auto results = CurlTransport::make({.parallel_max = 2})->perform(requests);
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(5'000));
  CHECK(results[0].error().kind == ErrorKind::timeout);
  CHECK(results[2].error().kind == ErrorKind::timeout);
  CHECK(results[5].error().kind == ErrorKind::unsent);
}

TEST_CASE("perform: one that hangs does not hold up the others") {
  const Server server([](Peer& peer) {
    for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
      if (request.starts_with("GET /hang")) return peer.wait_until_gone();
      peer.write(reply("ok"));
    }
  });
  const std::vector<Request> requests{{.url = server.url("/hang"), .timeout = milliseconds(400)},
                                      {.url = server.url("/")},
                                      {.url = server.url("/hang"), .timeout = milliseconds(400)}};
  const auto began = std::chrono::steady_clock::now();
  const auto results = CurlTransport::make()->perform(requests);
  CHECK(results[0].error().kind == ErrorKind::timeout);
  CHECK(results[1].value().body == "ok");
  CHECK(results[2].error().kind == ErrorKind::timeout);
  CHECK(std::chrono::steady_clock::now() - began < milliseconds(5'000));
}

TEST_CASE("perform: what must not be sent is config, and never leaves") {
  const Server server(always(reply("ok")));
  for (const Request& request :
       {Request{.url = "ftp://127.0.0.1/"}, Request{.url = "file:///etc/passwd"}, Request{.url = ""},
        Request{.url = "http://ec2.example.org/"}, Request{.url = "http://127.evil.example/"},
        Request{.url = server.url("/a b")}, Request{.url = server.url(), .headers = {{"X", "a\r\nY: b"}}},
        Request{.url = server.url(), .headers = {{"X:", "a"}}}}) {
    CAPTURE(request.url);
    const auto response = ask(request);
    REQUIRE_FALSE(response);
    CHECK(response.error().kind == ErrorKind::config);
    CHECK_FALSE(response.error().hint.empty());
  }
  CHECK(server.connections == 0);
}

TEST_CASE(
    "perform: http to a named host is spoken where its configuration says so; a proxy is used if set, never for "
    "loopback") {
  std::string seen;
  std::mutex mutex;
  const Server proxy([&](Peer& peer) {
    const std::string request = peer.read_request();
    const std::lock_guard lock(mutex);
    seen = request;
    peer.write(reply("from the proxy"));
  });
  const Request far{.url = "http://cloud.invalid/x", .proxy = proxy.url(), .allow_http = true};
  CHECK(ask(far).value().body == "from the proxy");
  {
    const std::lock_guard lock(mutex);
    CHECK(seen.starts_with("GET http://cloud.invalid/x HTTP/1.1\r\n"));
  }
  const Server server(always(reply("direct")));
  CHECK(ask({.url = server.url(), .proxy = proxy.url()}).value().body == "direct");
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  CHECK(ask({.url = "http://cloud.invalid/x", .allow_http = true}).error().kind == ErrorKind::retry);
  ::unsetenv("http_proxy");
  CHECK(proxy.connections == 1);
}

TEST_CASE("perform: certificates are verified, against ca_file if named") {
  char folder[] = "/tmp/tide-tls-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string at = folder;
  const auto run = [](const std::string& line) { return std::system(line.c_str()); };
  REQUIRE(run("cd " + at +
              " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem "
              "-out cert.pem "
              "-subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null") == 0);
  REQUIRE(
      run("cd " + at +
          " && { openssl s_server -accept 127.0.0.1:0 -key key.pem -cert cert.pem -www >log 2>&1 & echo $! >pid; }") ==
      0);
  std::string port;
  for (int i = 0; i < 500 && port.empty(); ++i) {
    const auto log = read_file(at + "/log");
    const std::size_t found = log ? log->find("ACCEPT 127.0.0.1:") : std::string::npos;
    if (found != std::string::npos && log->find('\n', found) != std::string::npos)
      port = log->substr(found + 17, log->find('\n', found) - found - 17);
    std::this_thread::sleep_for(milliseconds(10));
  }
  REQUIRE_FALSE(port.empty());
  const std::string url = "https://localhost:" + port + "/";
  const auto untrusted = ask({.url = url});
  const auto trusted = ask({.url = url, .ca_file = at + "/cert.pem"});
  const auto other_name = ask({.url = "https://127.0.0.1:" + port + "/", .ca_file = at + "/cert.pem"});
  const auto no_file = ask({.url = url, .ca_file = at + "/none.pem"});
  CHECK(run("kill $(cat " + at + "/pid)") == 0);
  std::filesystem::remove_all(at);
  CHECK(trusted.value().status == 200);
  for (const auto* refused : {&untrusted, &other_name, &no_file}) {
    REQUIRE_FALSE(*refused);
    CHECK(refused->error().kind == ErrorKind::config);
    CHECK(refused->error().hint.find("ca_file") != std::string::npos);
  }
}
