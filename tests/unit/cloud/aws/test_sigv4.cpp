#include <tide/cloud/aws/sigv4.hpp>

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>
#include <where.hpp>

#include <cstdlib>
#include <filesystem>

using namespace tide;
using namespace tide::cloud::aws;

TEST_SUITE_BEGIN("cloud/aws/sigv4");

namespace {

const Credentials k_example{.access_key = "AKIDEXAMPLE",
                            .secret_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")};

SigningScope example_scope() {
  return {.time = parse_time("2015-08-30T12:36:00Z").value(), .region = "us-east-1", .service = "service"};
}

// The folder of published vectors: not part of tide, read where it is.
std::string vectors_folder() {
  if (const char* named = std::getenv("TIDE_SIGV4_VECTORS")) return named;
  return test::source_folder() + "/../shared/captures/sigv4";
}

std::string text_of(const std::filesystem::path& path) { return read_file(path.string()).value(); }

// request.txt: a request as it goes over the wire, with folded header lines and raw bytes in the target.
net::Request parse_request(const std::string& text) {
  net::Request request;
  const std::size_t end = text.find("\n\n");
  const std::string head = text.substr(0, end);
  if (end != std::string::npos) request.body = text.substr(end + 2);
  const auto lines = split(head, '\n');
  const std::string_view first = lines[0];
  request.method = first.substr(0, first.find(' '));
  const std::size_t target = first.find(' ') + 1;
  request.url = "https://example.amazonaws.com" + std::string(first.substr(target, first.rfind(" HTTP/") - target));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    if (lines[i].front() == ' ') {
      request.headers.back().second.append("\n").append(lines[i]);
      continue;
    }
    const std::size_t colon = lines[i].find(':');
    request.headers.emplace_back(lines[i].substr(0, colon), lines[i].substr(colon + 1));
  }
  return request;
}

void set_date(net::Request& request, const SigningScope& scope) {
  std::erase_if(request.headers, [](const auto& header) { return to_lower(header.first) == "x-amz-date"; });
  request.headers.emplace_back("X-Amz-Date", amz_date(scope.time));
}

int check_crt_vectors(const std::string& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto& path = entry.path();
    CAPTURE(path.string());
    const auto context = nlohmann::json::parse(text_of(path / "context.json"));
    const auto& given = context.at("credentials");
    const bool without_token = context.value("omit_session_token", false);
    Credentials credentials{.access_key = given.at("access_key_id"),
                            .secret_key = Secret(given.at("secret_access_key"))};
    if (given.contains("token") && !without_token) credentials.session_token = Secret(given.at("token"));
    SigningScope scope{.time = parse_time(context.at("timestamp").get<std::string>()).value(),
                       .region = context.at("region"),
                       .service = context.at("service")};
    // Six of these are the form that only S3 uses.
    if (!context.at("normalize").get<bool>()) scope.path_style = PathStyle::as_written;
    net::Request request = parse_request(text_of(path / "request.txt"));
    // How AWS's own runner sends a signed body: with its digest as a header, which is signed too.
    if (context.at("sign_body").get<bool>()) {
      const std::string canonical = text_of(path / "header-canonical-request.txt");
      request.headers.emplace_back("X-Amz-Content-Sha256", canonical.substr(canonical.rfind('\n') + 1));
    }
    set_date(request, scope);
    if (!credentials.session_token.empty())
      request.headers.emplace_back("X-Amz-Security-Token", credentials.session_token.reveal());
    const Signature signature = sign(request, credentials, scope);
    CHECK(signature.canonical_request == text_of(path / "header-canonical-request.txt"));
    CHECK(signature.string_to_sign == text_of(path / "header-string-to-sign.txt"));
    CHECK(signature.signature == text_of(path / "header-signature.txt"));
    ++count;
  }
  return count;
}

int check_older_vectors(const std::string& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto& path = entry.path();
    if (path.extension() != ".req") continue;
    CAPTURE(path.string());
    auto sibling = [&](const char* extension) {
      auto other = path;
      other.replace_extension(extension);
      return text_of(other);
    };
    net::Request request = parse_request(text_of(path));
    // One case gives the token to the signer, not with the request: its value is only in what is expected.
    const std::string header = "x-amz-security-token:";
    const std::string canonical = sibling(".creq");
    const std::size_t token = canonical.find(header);
    if (path.stem() == "get-vanilla-with-session-token") {
      REQUIRE(token != std::string::npos);
      const std::size_t begin = token + header.size();
      request.headers.emplace_back("X-Amz-Security-Token",
                                   canonical.substr(begin, canonical.find('\n', begin) - begin));
    }
    const Signature signature = sign(request, k_example, example_scope());
    CHECK(signature.canonical_request == sibling(".creq"));
    CHECK(signature.string_to_sign == sibling(".sts"));
    CHECK(signature.authorization == sibling(".authz"));
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("sign: the published vectors, each step") {
  const std::string folder = vectors_folder();
  if (!std::filesystem::exists(folder)) {
    MESSAGE("SKIPPED: no published SigV4 vectors in " << folder << "; name their folder with TIDE_SIGV4_VECTORS");
    return;
  }
  CHECK(check_crt_vectors(folder + "/aws-c-auth/v4") == 38);
  CHECK(check_older_vectors(folder + "/botocore/aws4_testsuite") >= 26);
}

TEST_CASE("sign: the example of AWS's documentation") {
  net::Request request{.method = "GET", .url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"};
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                     {"X-Amz-Date", "20150830T123600Z"}};
  SigningScope scope = example_scope();
  scope.service = "iam";
  const Signature signature = sign(request, k_example, scope);
  CHECK(signature.signature == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
  CHECK(signature.authorization ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST_CASE("signed_request: replaces what an earlier try had set") {
  net::Request request{.method = "POST", .url = "http://127.0.0.1:5000/services/Cloud", .body = "Action=X"};
  Credentials credentials = k_example;
  credentials.session_token = Secret("tok/en==");
  const net::Request once = signed_request(request, credentials, example_scope());
  CHECK(signed_request(once, credentials, example_scope()).headers == once.headers);
  std::map<std::string, std::string> headers(once.headers.begin(), once.headers.end());
  CHECK(headers.at("Host") == "127.0.0.1:5000");
  CHECK(headers.at("X-Amz-Security-Token") == "tok/en==");
  CHECK(headers.at("Authorization").find("SignedHeaders=host;x-amz-date;x-amz-security-token,") != std::string::npos);
}

TEST_CASE("sign: the host is lower case and without the scheme's own port") {
  for (const auto& [url, host] :
       std::vector<std::pair<std::string, std::string>>{{"https://EC2.Example.org:443/x", "ec2.example.org"},
                                                        {"http://h:80", "h"},
                                                        {"https://h:80/", "h:80"},
                                                        {"https://[::1]:8773/services/Cloud", "[::1]:8773"},
                                                        {"https://user:word@h/", "h"}}) {
    CAPTURE(url);
    const auto canonical = sign({.method = "GET", .url = url}, k_example, example_scope()).canonical_request;
    CHECK(canonical.find("\nhost:" + host + "\n") != std::string::npos);
  }
}
