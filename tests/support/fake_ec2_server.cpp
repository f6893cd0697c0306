// fake-ec2 PORT KEYFILE: the fake on loopback. PORT 0 takes a free one; the first line printed names it. KEYFILE: one
// line ACCESS_KEY SECRET [SESSION_TOKEN]. Orders come as GET requests, in the words of tests/real/moto/awsgate.py:
//   /__gate/fail?n=3&status=503&code=RequestLimitExceeded[&action=RunInstances][&retry_after=2]
//   /__gate/fail?n=1&mode=drop|truncate|html[&after=1]
//   /__gate/fill?n=1000&cluster=physics   so many machines run already
//   /__gate/capacity?n=5   /__gate/log   /__gate/region?name=eu-central-1
#include "fake_ec2.hpp"

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <httplib.h>

#include <cstdio>
#include <string>

namespace {

using namespace tide;

test::FakeFaults faults_of(const httplib::Request& request) {
  test::FakeFaults faults;
  const std::string mode = request.get_param_value("mode");
  const bool after = request.has_param("after");
  if (mode == "drop") faults.fault = after ? test::FakeFault::lost_after : test::FakeFault::lost;
  if (mode == "truncate") faults.fault = test::FakeFault::cut_after;
  if (mode == "html") faults.fault = test::FakeFault::html;
  if (request.has_param("n")) faults.times = std::stoi(request.get_param_value("n"));
  if (request.has_param("status")) faults.status = std::stoi(request.get_param_value("status"));
  if (request.has_param("code")) faults.code = request.get_param_value("code");
  if (request.has_param("retry_after")) faults.retry_after = std::stoi(request.get_param_value("retry_after"));
  faults.action = request.get_param_value("action");
  return faults;
}

void order(test::FakeEc2& fake, const httplib::Request& request, httplib::Response& response) {
  std::string text = "ok\n";
  if (request.path == "/__gate/fail") {
    fake.fail(faults_of(request));
  } else if (request.path == "/__gate/capacity") {
    fake.set_capacity(request.has_param("n") ? std::optional<int>(std::stoi(request.get_param_value("n")))
                                             : std::nullopt);
  } else if (request.path == "/__gate/fill") {
    fake.add_running(std::stoi(request.get_param_value("n")),
                     {{"tide:cluster", request.get_param_value("cluster")}, {"tide:pool", "small"}});
  } else if (request.path == "/__gate/region") {
    fake.set_options([&](test::FakeEc2Options& options) { options.region = request.get_param_value("name"); });
  } else if (request.path == "/__gate/log") {
    text.clear();
    for (const std::string& action : fake.calls()) text += action + "\n";
  } else {
    response.status = 404;
  }
  response.set_content(text, "text/plain");
}

void serve(test::FakeEc2& fake, const httplib::Request& request, httplib::Response& response) {
  net::Request ours{.method = request.method, .url = "http://127.0.0.1" + request.target};
  for (const auto& [name, value] : request.headers) ours.headers.emplace_back(name, value);
  ours.body = request.body;
  auto answer = fake.handle(ours);
  if (!answer) {
    // The server library cannot just hang up: a length is promised and the connection breaks before a byte came.
    response.set_content_provider(1000, "text/xml", [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
    return;
  }
  response.status = answer->status;
  std::string type = "text/xml";
  for (const auto& [name, value] : answer->headers) {
    if (name == "Content-Type") {
      type = value;
    } else {
      response.set_header(name, value);
    }
  }
  response.set_content(answer->body, type);
}

int fail(const std::string& why) {
  std::fprintf(stderr, "fake-ec2: %s\n", why.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("usage: fake-ec2 PORT KEYFILE");
  const auto text = read_file(argv[2]);
  if (!text) return fail(text.error().message);
  const std::string line(trim(*text));
  const auto words = split(line, ' ');
  if (words.size() < 2) return fail("KEYFILE needs a line: ACCESS_KEY SECRET [SESSION_TOKEN]");
  test::FakeEc2Options options{.access_key = std::string(words[0]), .secret_key = std::string(words[1])};
  if (words.size() > 2) options.session_token = words[2];
  options.now = [] { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); };
  test::FakeEc2 fake(std::move(options));

  httplib::Server server;
  server.Get("/__gate/.*",
             [&](const httplib::Request& request, httplib::Response& response) { order(fake, request, response); });
  server.Post(".*",
              [&](const httplib::Request& request, httplib::Response& response) { serve(fake, request, response); });
  int port = std::stoi(argv[1]);
  if (port == 0) {
    port = server.bind_to_any_port("127.0.0.1");
    if (port < 0) return fail("no free port");
  } else if (!server.bind_to_port("127.0.0.1", port)) {
    return fail("port " + std::to_string(port) + " is taken");
  }
  std::printf("listening on 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  return server.listen_after_bind() ? 0 : 1;
}
