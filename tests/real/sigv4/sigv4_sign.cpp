// sigv4-sign: reads one JSON request a line, prints one JSON signature a line. compare.py is its other half.
#include <tide/cloud/aws/sigv4.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <string>

int main() {
  using namespace tide;
  using namespace tide::cloud::aws;
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto json = nlohmann::json::parse(line);
    const auto time = parse_time(json.at("time").get<std::string>());
    if (!time) {
      std::fprintf(stderr, "sigv4-sign: %s\n", time.error().message.c_str());
      return 2;
    }
    const Credentials credentials{.access_key = json.at("access_key"),
                                  .secret_key = Secret(json.at("secret_key")),
                                  .session_token = Secret(json.at("token"))};
    net::Request request{.method = json.at("method"), .url = json.at("url")};
    for (const auto& header : json.at("headers")) request.headers.emplace_back(header.at(0), header.at(1));
    request.body = base64_decode(json.at("body").get<std::string>());
    const SigningScope scope{.time = *time, .region = json.at("region"), .service = json.at("service")};
    const net::Request ready = signed_request(request, credentials, scope);
    nlohmann::json answer;
    for (const auto& [name, value] : ready.headers) answer["headers"][name] = value;
    net::Request unsigned_again = ready;
    std::erase_if(unsigned_again.headers, [](const auto& header) { return header.first == "Authorization"; });
    answer["canonical"] = sign(unsigned_again, credentials, scope).canonical_request;
    std::cout << answer.dump() << '\n';
  }
  return 0;
}
