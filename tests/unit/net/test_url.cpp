#include <tide/net/url.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::net;

TEST_SUITE_BEGIN("net/url");

TEST_CASE("split_url: parts, defaults and the Host header") {
  const Url plain = split_url("https://EC2.eu-central-1.Example.org").value();
  CHECK(plain == Url{.scheme = "https",
                     .host = "ec2.eu-central-1.example.org",
                     .port = 443,
                     .own_port = false,
                     .path = "/",
                     .query = ""});
  CHECK(plain.authority() == "ec2.eu-central-1.example.org");
  const Url full = split_url("http://[::1]:8773/services/Cloud?a=b?c").value();
  CHECK(full == Url{.scheme = "http",
                    .host = "::1",
                    .port = 8773,
                    .own_port = true,
                    .path = "/services/Cloud",
                    .query = "a=b?c"});
  CHECK(full.authority() == "[::1]:8773");
  CHECK(split_url("https://h:443/").value().authority() == "h");
  CHECK(split_url("http://h?x").value() ==
        Url{.scheme = "http", .host = "h", .port = 80, .own_port = false, .path = "/", .query = "x"});
}

TEST_CASE("split_url: what tide does not speak is config and shows no password") {
  for (const char* text : {"", "h", "ftp://h/", "https://", "https:///x", "https://u:pw@h/", "https://h:0/",
                           "https://h:99999/", "https://h:x/", "https://h /", "https://h/\r\nX: y", "https://h/#f",
                           "https://[::1/", "https://[::1]x/", "https://h\xc3\xa4/", "https://a$b/"}) {
    CAPTURE(text);
    const auto url = split_url(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().kind == ErrorKind::config);
    CHECK(url.error().message.find("pw") == std::string::npos);
  }
}

TEST_CASE("percent_encode: RFC 3986 as SigV4 wants it, and back") {
  CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(percent_encode(" /+=&%*'\xc3\xa4") == "%20%2F%2B%3D%26%25%2A%27%C3%A4");
  CHECK(percent_encode("/a b/\xe2\x82\xac", "/") == "/a%20b/%E2%82%AC");
  CHECK(percent_decode("%20%2f%C3%A4+%zz%4") == " /\xc3\xa4+%zz%4");
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  CHECK(percent_decode(percent_encode(bytes)) == bytes);
}

TEST_CASE("query_string: encoded and sorted by name, then value") {
  const Parameters parameters{{"b", "2"}, {"a", "x y"}, {"B", ""}, {"a", "1"}, {"a.10", "t"}, {"a.2", "t"}};
  CHECK(query_string(parameters) == "B=&a=1&a=x%20y&a.10=t&a.2=t&b=2");
  CHECK(query_string({}) == "");
  CHECK(parse_query("a=x+y&b&c=%3D=") == Parameters{{"a", "x y"}, {"b", ""}, {"c", "=="}});
  CHECK(parse_query("").empty());
}

TEST_CASE("is_loopback: names that only look like it are not") {
  for (const char* host : {"localhost", "127.0.0.1", "127.99.1.2", "::1"}) CHECK(is_loopback(host));
  for (const char* host :
       {"127.evil.example", "127.0.0.1.example.org", "10.0.0.1", "localhost.example", "", "127.0.0.999"})
    CHECK_FALSE(is_loopback(host));
}

TEST_CASE("redaction: no query, no user, no token in a log") {
  CHECK(redact_url("https://u:pw@h/p?Signature=x#y") == "https://h/p?...");
  CHECK(redact_url("https://h/p@q") == "https://h/p@q");
  CHECK(redact_url("https://u:p@w@h") == "https://h");
  CHECK(redact_header("AUTHORIZATION", "AWS4 x") == "[secret]");
  CHECK(redact_header("X-Auth-Token", "x") == "[secret]");
  CHECK(redact_header("x-amz-security-token", "x") == "[secret]");
  CHECK(redact_header("X-Request-Id", "x") == "x");
}
