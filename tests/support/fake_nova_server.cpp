// fake-nova PORT: the fake OpenStack on loopback. PORT 0 takes a free one; the first line printed names it. User
// scaler, password scaler-secret, project hpc. Orders come as GET requests:
//   /__gate/fail?n=3&status=503[&call=POST%20/servers][&retry_after=2]
//   /__gate/fail?n=1&mode=drop|truncate|html|late|done500[&after=1][&call=...]
//   /__gate/fill?n=1000&cluster=physics   /__gate/capacity?n=5   /__gate/quota?n=7   /__gate/cells?n=1   /__gate/log
//   /__gate/leave?n=1 (ends that leave their port and volume)   /__gate/volumes?n=1 (1: Cinder is there)
//   /__gate/live   /__gate/reset
#include "fake_nova.hpp"
#include "fake_server.hpp"

#include <cstdio>
#include <string>

namespace {

using namespace tide;
using test::FakeNovaFault;
using test::number;

test::FakeNovaFaults faults_of(const httplib::Request& request) {
  test::FakeNovaFaults faults;
  const std::string mode = request.get_param_value("mode");
  if (mode == "drop") faults.fault = request.has_param("after") ? FakeNovaFault::lost_after : FakeNovaFault::lost;
  if (mode == "truncate") faults.fault = FakeNovaFault::cut_after;
  if (mode == "html") faults.fault = FakeNovaFault::html;
  if (mode == "late") faults.fault = FakeNovaFault::late;
  if (mode == "done500") faults.fault = FakeNovaFault::done_500;
  faults.times = number(request, "n", 1);
  faults.status = number(request, "status", faults.status);
  faults.retry_after = number(request, "retry_after", 0);
  faults.call = request.get_param_value("call");
  return faults;
}

void order(test::FakeNova& fake, const httplib::Request& request, httplib::Response& response) {
  std::string text = "ok\n";
  const std::string verb = request.path.substr(8);
  if (verb == "fail") {
    fake.fail(faults_of(request));
  } else if (verb == "capacity") {
    fake.set_capacity(request.has_param("n") ? std::optional<int>(number(request, "n", 0)) : std::nullopt);
  } else if (verb == "fill") {
    fake.add_running(number(request, "n", 0), {{"tide:cluster", request.get_param_value("cluster")}});
  } else if (verb == "quota") {
    fake.set_options([&](test::FakeNovaOptions& options) { options.quota_machines = number(request, "n", -1); });
  } else if (verb == "cells") {
    fake.set_options([&](test::FakeNovaOptions& options) { options.cells_down = number(request, "n", 0); });
  } else if (verb == "leave") {
    fake.set_options([&](test::FakeNovaOptions& options) { options.ends_that_leave = number(request, "n", 0); });
  } else if (verb == "volumes") {
    fake.set_options(
        [&](test::FakeNovaOptions& options) { options.has_volume_service = number(request, "n", 1) != 0; });
  } else if (verb == "reset") {
    fake.forget_faults();
  } else if (verb == "live") {
    text.clear();
    for (const test::FakeServer& server : fake.live()) text += server.name + "\n";
  } else if (verb == "log") {
    text.clear();
    for (const std::string& call : fake.calls()) text += call + "\n";
  } else {
    response.status = 404;
  }
  response.set_content(text, "text/plain");
}

int fail(const std::string& why) {
  std::fprintf(stderr, "fake-nova: %s\n", why.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return fail("usage: fake-nova PORT");
  test::FakeNova fake({.now = [] { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); }});
  httplib::Server server;
  server.Get("/__gate/.*",
             [&](const httplib::Request& request, httplib::Response& response) { order(fake, request, response); });
  const auto all = [&](const httplib::Request& request, httplib::Response& response) {
    test::serve(fake, "application/json", request, response);
  };
  server.Get(".*", all);
  server.Post(".*", all);
  server.Put(".*", all);
  server.Delete(".*", all);
  const auto port = test::bind(server, argv[1]);
  if (!port) return fail(port.error().message);
  fake.set_options([&](test::FakeNovaOptions& options) { options.base = "http://127.0.0.1:" + std::to_string(*port); });
  return test::listen(server, *port);
}
