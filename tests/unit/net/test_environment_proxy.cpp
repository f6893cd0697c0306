#include "tests/support/fake_transport.hpp"

#include <tide/net/environment_proxy.hpp>

#include <doctest/doctest.h>

using namespace tide;
using net::environment_proxy;
TEST_SUITE_BEGIN("net/environment_proxy");

namespace {

using Environment = std::map<std::string, std::string>;

constexpr const char* k_ec2 = "https://ec2.eu-central-1.amazonaws.com/";

}  // namespace

TEST_CASE("environment_proxy: by the URL's scheme, small letters first") {
  CHECK(environment_proxy({}, k_ec2).empty());
  CHECK(environment_proxy({{"HTTPS_PROXY", "http://p:3128"}}, k_ec2) == "http://p:3128");
  CHECK(environment_proxy({{"HTTPS_PROXY", "http://p:3128"}, {"https_proxy", "http://q:1"}}, k_ec2) == "http://q:1");
  CHECK(environment_proxy({{"HTTPS_PROXY", "http://p:3128"}, {"https_proxy", ""}}, k_ec2).empty());
  CHECK(environment_proxy({{"HTTP_PROXY", "http://p:3128"}}, k_ec2).empty());
  CHECK(environment_proxy({{"HTTP_PROXY", "http://p:3128"}}, "http://ec2.example/") == "http://p:3128");
  CHECK(environment_proxy({{"HTTP_PROXY", "x"}, {"REQUEST_METHOD", "GET"}}, "http://ec2.example/").empty());
  CHECK(environment_proxy({{"ALL_PROXY", "http://p:3128"}}, k_ec2).empty());
  CHECK(environment_proxy({{"HTTPS_PROXY", "p:3128"}}, k_ec2) == "http://p:3128");
  CHECK(environment_proxy({{"HTTPS_PROXY", "//p:3128"}}, k_ec2) == "http://p:3128");
  CHECK(environment_proxy({{"HTTPS_PROXY", "https://p"}}, k_ec2) == "https://p");
}

TEST_CASE("environment_proxy: NO_PROXY excepts hosts, domains below, host and port, or all") {
  const auto with = [](const std::string& list, const std::string& url) {
    return environment_proxy({{"HTTPS_PROXY", "http://p:3128"}, {"NO_PROXY", list}}, url);
  };
  for (const char* list : {"*", "amazonaws.com", ".amazonaws.com", "x, EC2.eu-central-1.AmazonAWS.com ,y"})
    CHECK_MESSAGE(with(list, k_ec2).empty(), list);
  for (const char* list : {"", ",", ".", "zonaws.com", "amazonaws.com:443", "* ,x", "10.0.0.0/8"})
    CHECK_MESSAGE(with(list, k_ec2) == "http://p:3128", list);
  CHECK(with("ec2.example:8773", "https://ec2.example:8773/").empty());
  CHECK_FALSE(with("ec2.example:8774", "https://ec2.example:8773/").empty());
  CHECK(with("ec2.example", "https://ec2.example:8773/").empty());
  const Environment both{{"https_proxy", "p"}, {"no_proxy", ""}, {"NO_PROXY", "amazonaws.com"}};
  CHECK(environment_proxy(both, k_ec2) == "http://p");
}

TEST_CASE("EnvironmentProxyTransport: fills in what is not named, never for this host or its metadata services") {
  const Environment environment{{"HTTPS_PROXY", "http://p:1"}, {"HTTP_PROXY", "http://p:2"}};
  test::FakeTransport inner{[](const net::Request&) { return net::Response{.status = 200}; }};
  net::EnvironmentProxyTransport transport(inner, environment);
  const std::vector<net::Request> requests{{.url = k_ec2},
                                           {.url = k_ec2, .proxy = "http://own:1"},
                                           {.url = "http://ec2.example/"},
                                           {.url = "http://169.254.169.254/latest"},
                                           {.url = "http://169.254.170.2/keys"},
                                           {.url = "http://[fd00:ec2::23]/keys"},
                                           {.url = "http://127.0.0.1:5000/"},
                                           {.url = "http://localhost:5000/"}};
  CHECK(transport.perform(requests).size() == requests.size());
  const std::vector<std::string> wanted{"http://p:1", "http://own:1", "http://p:2", "", "", "", "", ""};
  REQUIRE(inner.requests.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(requests[i].url);
    CHECK(inner.requests[i].proxy == wanted[i]);
  }
}
