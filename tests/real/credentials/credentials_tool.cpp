// credentials-tool PORT KEY=VALUE...: makes the EC2 adapter from these keys of [clouds.x] and from the environment,
// lists the machines of a cluster, and prints "ok" or "error KIND: MESSAGE" with context and hint. Every request, to
// whatever host, goes to the server on loopback's PORT, which sees the URL that was meant in X-Original-Url.
#include "tests/support/environment.hpp"

#include <tide/cloud/registry.hpp>
#include <tide/net/curl_transport.hpp>
#include <tide/process/posix_runner.hpp>
#include <tide/util/system_clock.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace tide;

class Diverted final : public net::Transport {
 public:
  Diverted(net::Transport& inner, std::string port) : m_inner(inner), m_port(std::move(port)) {}

  std::vector<Result<net::Response>> perform(std::span<const net::Request> requests) override {
    std::vector<net::Request> diverted(requests.begin(), requests.end());
    for (net::Request& request : diverted) {
      request.headers.emplace_back("X-Original-Url", request.url);
      request.url = "http://127.0.0.1:" + m_port + "/";
      request.ca_file.clear();
      request.proxy.clear();
    }
    return m_inner.perform(diverted);
  }

 private:
  net::Transport& m_inner;
  std::string m_port;
};

int failed(const Error& error) {
  std::printf("error %s: %s\n", std::string(to_string(error.kind)).c_str(), error.message.c_str());
  for (const std::string& line : error.context) std::printf("context: %s\n", line.c_str());
  std::printf("hint: %s\n", error.hint.c_str());
  return 1;
}

std::map<std::string, std::string> pairs_of(char** words) {
  std::map<std::string, std::string> pairs;
  for (; *words != nullptr; ++words) {
    const std::string word = *words;
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) pairs[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return pairs;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "credentials-tool: usage: PORT KEY=VALUE...\n");
    return 2;
  }
  const auto curl = net::CurlTransport::make();
  Diverted transport(*curl, argv[1]);
  SystemClock clock;
  SystemRandom random;
  process::PosixRunner runner(clock);
  const auto environment = test::whole_environment();
  config::Config config;
  config::CloudSettings settings{.name = {"aws"}, .kind = "ec2", .where = "tool:1", .options = {}, .environment = {}};
  for (const auto& [key, value] : pairs_of(argv + 2)) settings.options[key] = {value};
  const cloud::Factory* factory = cloud::find_factory("ec2");
  auto made = factory->make(config, settings, {transport, runner, clock, random, environment});
  if (!made) return failed(made.error());
  const auto listed = (*made)->list("physics");
  if (!listed) return failed(listed.error());
  std::printf("ok\n");
  return 0;
}
