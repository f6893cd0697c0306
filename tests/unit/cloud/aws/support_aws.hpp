#pragma once

#include "tests/support/hand_clock.hpp"

#include <tide/cloud/aws/credential_chain.hpp>
#include <tide/util/units.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace tide::test {

class ZeroRandom : public Random {
 public:
  std::uint64_t next() override { return 0; }
};

// A home folder with the files that a test writes, for its owner only; gone with it.
class Home {
 public:
  Home() {
    std::string name = (std::filesystem::temp_directory_path() / "tide-home-XXXXXX").string();
    m_path = ::mkdtemp(name.data());
    std::filesystem::create_directories(m_path + "/.aws/sso/cache");
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home() { std::filesystem::remove_all(m_path); }

  std::string write(const std::string& name, const std::string& text, unsigned mode = 0600) const {
    const std::string path = m_path + "/" + name;
    std::ofstream(path) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
  }
  const std::string& path() const { return m_path; }

 private:
  std::string m_path;
};

// Everything round a chain; what is not scripted fails loudly.
class ChainWorld : public net::Transport, public process::CommandRunner {
 public:
  ChainWorld() {
    environment = {{"HOME", home.path()}, {"PATH", "/usr/bin:/bin"}, {"AWS_EC2_METADATA_DISABLED", "true"}};
    options.cloud = "aws";
    options.region = "eu-central-1";
  }

  std::vector<Result<net::Response>> perform(std::span<const net::Request> requests) override {
    std::vector<Result<net::Response>> responses;
    for (const net::Request& request : requests) {
      seen.push_back(request);
      responses.push_back(answer ? answer(request) : make_error(ErrorKind::retry, "nobody was expected to ask"));
    }
    return responses;
  }
  Result<process::Finished> run(const process::Command& command) override {
    commands.push_back(command);
    if (!process) return make_error(ErrorKind::unexpected, "no command was expected");
    return process(command);
  }

  cloud::aws::CredentialChain chain() {
    return cloud::aws::CredentialChain(options, environment, {*this, *this, clock, random});
  }
  Result<cloud::aws::Credentials> find() { return chain().get(); }
  // The error, which is of kind auth, has a hint and gives no secret away.
  Error failure() {
    auto found = find();
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::auth);
    CHECK_FALSE(found.error().hint.empty());
    std::string all = found.error().message + found.error().hint;
    for (const std::string& line : found.error().context) all += line;
    const std::string variable_name = "AWS_SECRET_ACCESS_KEY";  // hints may name it
    for (std::size_t at = all.find(variable_name); at != std::string::npos; at = all.find(variable_name)) {
      all.erase(at, variable_name.size());
    }
    CHECK(all.find("SECRET") == std::string::npos);
    return found.error();
  }

  Home home;
  HandClock clock{parse_time("2026-11-25T12:00:00Z").value()};
  ZeroRandom random;
  cloud::aws::CredentialOptions options;
  cloud::aws::Environment environment;
  std::function<Result<net::Response>(const net::Request&)> answer;
  std::function<Result<process::Finished>(const process::Command&)> process;
  std::vector<net::Request> seen;
  std::vector<process::Command> commands;
};

inline std::string header_of(const net::Request& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

inline net::Response reply(int status, std::string body) {
  return {.status = status, .headers = {}, .body = std::move(body)};
}

// What STS says to AssumeRole and AssumeRoleWithWebIdentity.
inline std::string sts_reply(const std::string& action, const std::string& key, const std::string& expires) {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><Credentials><AccessKeyId>" + key + "</AccessKeyId><SecretAccessKey>SECRET" + key +
         "</SecretAccessKey><SessionToken>SECRETTOKEN" + key + "</SessionToken><Expiration>" + expires +
         "</Expiration></Credentials></" + action + "Result></" + action + "Response>";
}

inline std::string key_reply(const std::string& key, const std::string& expires) {
  return R"({"Code": "Success", "AccessKeyId": ")" + key + R"(", "SecretAccessKey": "SECRET)" + key +
         R"(", "Token": "SECRETTOKEN)" + key + R"(", "Expiration": ")" + expires + "\"}";
}

}  // namespace tide::test
