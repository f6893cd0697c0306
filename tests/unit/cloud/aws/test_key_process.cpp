#include "support_aws.hpp"

#include <tide/cloud/aws/key_process.hpp>

using namespace tide;
using namespace tide::cloud::aws;
using namespace tide::test;

TEST_SUITE_BEGIN("cloud/aws/key_process");

namespace {

const std::string k_document =
    R"({"Version": 1, "AccessKeyId": "AKPROC", "SecretAccessKey": "SECRETproc", "SessionToken": "SECRETtok")";

struct Vault : ChainWorld {
  Vault() {
    home.write(".aws/config", "[profile v]\ncredential_process = /bin/echo  'one word' \"two \\\"words\\\"\" a\\ b\n");
    options.profile = "v";
    process = [this](const process::Command&) { return Result<process::Finished>(finished); };
    finished.output = k_document + R"(, "Expiration": "2026-11-25T13:00:00Z"})";
  }

  process::Finished finished;
};

}  // namespace

TEST_CASE("split_command: as a shell splits, and nothing else of a shell") {
  using Words = std::vector<std::string>;
  CHECK(split_command("a  b\tc").value() == Words{"a", "b", "c"});
  CHECK(split_command("'a b'\"c d\"e ''").value() == Words{"a bc de", ""});
  CHECK(split_command(R"("a\"b\\c\d" 'x\' \$HOME $(x) ; |)").value() ==
        Words{R"(a"b\c\d)", "x\\", "$HOME", "$(x)", ";", "|"});
  CHECK(split_command("").value().empty());
  for (const char* line : {"'a", "\"a", "a\\", "\"a\\"}) CHECK_FALSE(split_command(line));
}

TEST_CASE("credential_process: run without a shell, with tide's environment and a time-out") {
  Vault vault;
  const auto found = vault.find().value();
  CHECK(found.access_key == "AKPROC");
  CHECK(found.session_token.reveal() == "SECRETtok");
  CHECK(described(found) == "the credential_process of profile 'v', good until 2026-11-25T13:00:00Z");
  REQUIRE(vault.commands.size() == 1);
  CHECK(vault.commands[0].argv == std::vector<std::string>{"/bin/echo", "one word", "two \"words\"", "a b"});
  CHECK(vault.commands[0].environment == vault.environment);
  CHECK(vault.commands[0].timeout == std::chrono::milliseconds(30'000));
  CHECK(vault.commands[0].input.empty());
}

TEST_CASE("credential_process: kept until renewed; without an expiry for a quarter of an hour") {
  Vault vault;
  auto chain = vault.chain();
  CHECK(chain.get());
  CHECK(chain.get());
  CHECK(vault.commands.size() == 1);
  vault.clock.pass(Seconds(45 * 60));
  vault.finished.output = k_document + "}";
  CHECK_FALSE(chain.get().value().expires);
  CHECK(vault.commands.size() == 2);
  vault.clock.pass(Seconds(15 * 60 - 1));
  CHECK(chain.get());
  CHECK(vault.commands.size() == 2);
  vault.clock.pass(Seconds(1));
  CHECK(chain.get());
  CHECK(vault.commands.size() == 3);
}

TEST_CASE("credential_process: what goes wrong, without what it printed") {
  Vault vault;
  const auto fails = [&](const std::string& message) {
    const auto found = vault.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::auth);
    CAPTURE(found.error().message);
    CHECK(found.error().message.find(message) != std::string::npos);
    CHECK(found.error().message.find("SECRET") == std::string::npos);
  };
  for (const char* output : {"SECRET", "", "{\"Version\": 1, \"AccessKeyId\": \"SECRET"}) {
    vault.finished.output = output;
    fails("no credentials document: not JSON");
  }
  vault.finished.output = R"({"Version": 2, "AccessKeyId": "SECRET", "SecretAccessKey": "SECRET"})";
  fails("wrote a document that is not of Version 1");
  vault.finished.output = R"({"Version": 1, "AccessKeyId": "SECRET"})";
  fails("gave credentials without 'SecretAccessKey'");
  vault.finished.output = k_document + R"(, "Expiration": "SECRET"})";
  fails("whose 'Expiration' is no time");
  vault.finished.output = k_document + R"(, "Expiration": "2026-11-25T12:00:00Z"})";
  fails("gave credentials that expired at 2026-11-25T12:00:00Z");
  vault.finished = {.exit_code = 3, .signal = 0, .output = "SECRET", .errors = "warming up\nlog in first\n"};
  const Error failed = vault.failure();
  CHECK(failed.message == "the credential_process of profile 'v' failed with exit 3");
  CHECK(failed.context == std::vector<std::string>{"it said: log in first"});
  vault.finished.signal = 9;
  fails("was killed by signal 9");
  vault.process = [](const process::Command&) { return make_error(ErrorKind::timeout, "'echo SECRET' ran too long"); };
  fails("did not end within 30 s");
  vault.process = [](const process::Command&) { return make_error(ErrorKind::io, "'echo SECRET' cannot start"); };
  fails("cannot be run");
  vault.home.write(".aws/config", "[profile v]\ncredential_process = no-such-program-at-all x\n");
  fails("cannot be run: 'no-such-program-at-all' was not found");
  vault.home.write(".aws/config", "[profile v]\ncredential_process = 'open\n");
  fails("cannot be split into words");
}
