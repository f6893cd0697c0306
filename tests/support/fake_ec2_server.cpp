// fake-ec2 PORT KEYFILE: the fake on loopback. PORT 0 takes a free one; the first line printed names it. KEYFILE: one
// line ACCESS_KEY SECRET [SESSION_TOKEN]. Orders come as GET requests, in the words of tests/real/moto/awsgate.py:
//   /__gate/fail?n=3&status=503&code=RequestLimitExceeded[&action=RunInstances][&retry_after=2][&after=1]
//   /__gate/fail?n=1&mode=drop|truncate|html|page[&after=1]   page: 200 with a web page
//   /__gate/page?n=1   machines a page   /__gate/skew?s=7200   its clock is off   /__gate/reset   no more faults
//   /__gate/fill?n=1000&cluster=physics   so many machines run already
//   /__gate/live   machines that run or start   /__gate/times   "MILLISECONDS ACTION" a call
//   /__gate/machine?id=i-1[&impaired=system|instance][&event=instance-retirement][&notice=marked-for-termination]
//     [&state=terminated][&reason=Server.SpotInstanceTermination][&protected=1]
//   /__gate/spot-price?type=c5.large&zone=eu-central-1a&price=0.04
//   /__gate/wait?n=2   spot requests wait for so many listings   /__gate/untagged   and take no tags
//   /__gate/reserve?type=c5.large&n=2[&zone=eu-central-1a]
//   /__gate/capacity?n=5   /__gate/log   /__gate/region?name=eu-central-1
#include "fake_ec2.hpp"
#include "fake_server.hpp"

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <cstdio>
#include <string>

namespace {

using namespace tide;

test::FakeFaults faults_of(const httplib::Request& request) {
  test::FakeFaults faults;
  const std::string mode = request.get_param_value("mode");
  const bool after = request.has_param("after");
  if (after) faults.fault = test::FakeFault::code_after;
  if (mode == "drop") faults.fault = after ? test::FakeFault::lost_after : test::FakeFault::lost;
  if (mode == "truncate") faults.fault = test::FakeFault::cut_after;
  if (mode == "html") faults.fault = test::FakeFault::html;
  if (mode == "page") faults.fault = test::FakeFault::html_ok;
  faults.times = test::number(request, "n", faults.times);
  faults.status = test::number(request, "status", faults.status);
  if (request.has_param("code")) faults.code = request.get_param_value("code");
  faults.retry_after = test::number(request, "retry_after", faults.retry_after);
  faults.action = request.get_param_value("action");
  return faults;
}

TimePoint system_time() { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); }

// When each call came, refused ones too.
class Times {
 public:
  void add(const std::string& body) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const std::size_t begin = body.find("Action=");
    const std::string action =
        begin == std::string::npos ? "?" : body.substr(begin + 7, body.find('&', begin) - begin - 7);
    const std::lock_guard lock(m_mutex);
    m_text += std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) + " " + action + "\n";
  }
  std::string text() const {
    const std::lock_guard lock(m_mutex);
    return m_text;
  }

 private:
  mutable std::mutex m_mutex;
  std::string m_text;
};

void alter(test::FakeInstance& instance, const httplib::Request& request) {
  const auto take = [&](const char* name, std::string& into) {
    if (request.has_param(name)) into = request.get_param_value(name);
  };
  take("impaired", instance.impaired);
  take("event", instance.event);
  take("notice", instance.notice);
  take("state", instance.state);
  take("reason", instance.reason);
  if (request.has_param("protected")) instance.is_protected = request.get_param_value("protected") == "1";
}

void order(test::FakeEc2& fake, const Times& times, const httplib::Request& request, httplib::Response& response) {
  std::string text = "ok\n";
  if (request.path == "/__gate/fail") {
    fake.fail(faults_of(request));
  } else if (request.path == "/__gate/capacity") {
    fake.set_capacity(request.has_param("n") ? std::optional<int>(std::stoi(request.get_param_value("n")))
                                             : std::nullopt);
  } else if (request.path == "/__gate/fill") {
    fake.add_running(std::stoi(request.get_param_value("n")),
                     {{"tide:cluster", request.get_param_value("cluster")}, {"tide:pool", "small"}});
  } else if (request.path == "/__gate/refuse") {
    fake.refuse(request.get_param_value("what"), request.get_param_value("code"));
  } else if (request.path == "/__gate/image") {
    fake.add_image({.id = request.get_param_value("id"),
                    .name = request.get_param_value("name"),
                    .owner = request.get_param_value("owner"),
                    .created = request.get_param_value("created")});
  } else if (request.path == "/__gate/parameter") {
    fake.set_parameter(request.get_param_value("name"), request.get_param_value("value"));
  } else if (request.path == "/__gate/machine") {
    if (!fake.change(request.get_param_value("id"), [&](test::FakeInstance& one) { alter(one, request); }))
      response.status = 404;
  } else if (request.path == "/__gate/spot-price") {
    fake.set_spot_price(request.get_param_value("type"), request.get_param_value("zone"),
                        request.get_param_value("price"));
  } else if (request.path == "/__gate/wait") {
    fake.set_options([&](test::FakeEc2Options& options) {
      options.looks_until_fulfilled = std::stoi(request.get_param_value("n"));
    });
  } else if (request.path == "/__gate/untagged") {
    fake.set_options([](test::FakeEc2Options& options) { options.ignores_request_tags = true; });
  } else if (request.path == "/__gate/reserve") {
    fake.reserve({.type = request.get_param_value("type"),
                  .zone = request.get_param_value("zone"),
                  .count = std::stoi(request.get_param_value("n"))});
  } else if (request.path == "/__gate/region") {
    fake.set_options([&](test::FakeEc2Options& options) { options.region = request.get_param_value("name"); });
  } else if (request.path == "/__gate/page") {
    fake.set_options([&](test::FakeEc2Options& options) {
      options.page_max = static_cast<std::size_t>(std::stoi(request.get_param_value("n")));
    });
  } else if (request.path == "/__gate/skew") {
    fake.set_options([&](test::FakeEc2Options& options) {
      options.now = [skew = Seconds(std::stoi(request.get_param_value("s")))] { return system_time() + skew; };
    });
  } else if (request.path == "/__gate/reset") {
    fake.forget_faults();
    fake.set_options([](test::FakeEc2Options& options) {
      options.page_max = 1000;
      options.now = system_time;
    });
  } else if (request.path == "/__gate/live") {
    text = std::to_string(fake.live().size()) + "\n";
  } else if (request.path == "/__gate/times") {
    text = times.text();
  } else if (request.path == "/__gate/log") {
    text.clear();
    for (const std::string& action : fake.calls()) text += action + "\n";
  } else {
    response.status = 404;
  }
  response.set_content(text, "text/plain");
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
  options.now = system_time;
  test::FakeEc2 fake(std::move(options));

  Times times;
  httplib::Server server;
  server.Get("/__gate/.*", [&](const httplib::Request& request, httplib::Response& response) {
    order(fake, times, request, response);
  });
  server.Post(".*", [&](const httplib::Request& request, httplib::Response& response) {
    times.add(request.body);
    test::serve(fake, "text/xml", request, response);
  });
  const auto port = test::bind(server, argv[1]);
  return port ? test::listen(server, *port) : fail(port.error().message);
}
