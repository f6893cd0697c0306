#pragma once

#include <tide/net/transport.hpp>

#include <httplib.h>

#include <cstdio>
#include <string>

// What fake-ec2 and fake-nova have in common: a fake that answers over HTTP on loopback.
namespace tide::test {

inline int number(const httplib::Request& request, const char* name, int otherwise) {
  return request.has_param(name) ? std::stoi(request.get_param_value(name)) : otherwise;
}

// The fake's answer, of that type unless it says another; no answer is a connection that breaks.
template <typename Fake>
void serve(Fake& fake, const char* usual_type, const httplib::Request& request, httplib::Response& response) {
  net::Request ours{.method = request.method, .url = "http://127.0.0.1" + request.target};
  for (const auto& [name, value] : request.headers) ours.headers.emplace_back(name, value);
  ours.body = request.body;
  const Result<net::Response> answer = fake.handle(ours);
  if (!answer) {
    // The server library cannot just hang up: a length is promised and the connection breaks before a byte came.
    response.set_content_provider(1000, usual_type, [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
    return;
  }
  response.status = answer->status;
  std::string type = usual_type;
  for (const auto& [name, value] : answer->headers) {
    if (name == "Content-Type") {
      type = value;
    } else {
      response.set_header(name, value);
    }
  }
  response.set_content(answer->body, type);
}

// The port that was taken: "0" is any.
inline Result<int> bind(httplib::Server& server, const std::string& word) {
  const int port = std::stoi(word);
  if (port != 0 && server.bind_to_port("127.0.0.1", port)) return port;
  if (port != 0) return make_error(ErrorKind::io, "port {} is taken", port);
  const int found = server.bind_to_any_port("127.0.0.1");
  if (found < 0) return make_error(ErrorKind::io, "no free port");
  return found;
}

// Tells which port it is, and serves until it is ended; the exit code.
inline int listen(httplib::Server& server, int port) {
  std::printf("listening on 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  return server.listen_after_bind() ? 0 : 1;
}

}  // namespace tide::test
