#include "support_aws.hpp"

using namespace tide;
using namespace tide::cloud::aws;
using namespace tide::test;

TEST_SUITE_BEGIN("cloud/aws/credentials");

namespace {

const std::string k_file =
    "# comment\n[default]\naws_access_key_id = AKDEFAULT\naws_secret_access_key=SECRET/+=\n\n"
    "[cron]\n indented = fine\nAWS_ACCESS_KEY_ID=AKCRON\naws_secret_access_key = SECRETother\naws_session_token = tok\n"
    "[empty]\nregion = eu-central-1\n[half]\naws_access_key_id = AK\n";

void set_keys(Environment& environment, const std::string& key) {
  environment["AWS_ACCESS_KEY_ID"] = key;
  environment["AWS_SECRET_ACCESS_KEY"] = "SECRETenv";
}

}  // namespace

TEST_CASE("CredentialChain: the environment comes first, unless an option names something") {
  ChainWorld world;
  world.home.write(".aws/credentials", k_file);
  set_keys(world.environment, "AKENV");
  world.environment["AWS_SESSION_TOKEN"] = "envtoken";
  const auto from_environment = world.find().value();
  CHECK(from_environment.access_key == "AKENV");
  CHECK(from_environment.session_token.reveal() == "envtoken");
  CHECK(from_environment.source == "the environment's AWS_ACCESS_KEY_ID");

  world.environment["AWS_PROFILE"] = "cron";
  CHECK(world.find().value().access_key == "AKENV");
  world.options.profile = "cron";
  const auto named = world.find().value();
  CHECK(named.access_key == "AKCRON");
  CHECK(named.session_token.reveal() == "tok");
  CHECK(named.source == "profile 'cron' in " + world.home.path() + "/.aws/credentials");
}

TEST_CASE("CredentialChain: an expiry in the environment counts") {
  ChainWorld world;
  set_keys(world.environment, "AKENV");
  world.environment["AWS_CREDENTIAL_EXPIRATION"] = "2026-11-25T14:30:00+02:00";
  CHECK(described(world.find().value()) == "the environment's AWS_ACCESS_KEY_ID, good until 2026-11-25T12:30:00Z");
  world.clock.pass(Seconds(1800));
  CHECK(world.failure().message == "the environment's AWS_ACCESS_KEY_ID expired at 2026-11-25T12:30:00Z");
  world.environment["AWS_CREDENTIAL_EXPIRATION"] = "soon";
  CHECK(world.failure().message == "AWS_CREDENTIAL_EXPIRATION = 'soon' is no time");
}

TEST_CASE("CredentialChain: variables that [clouds.x] names beat all, and are never replaced") {
  ChainWorld world;
  world.home.write(".aws/credentials", k_file);
  set_keys(world.environment, "AKENV");
  world.options.access_key_env = "MY_ID";
  world.options.secret_key_env = "MY_KEY";
  world.options.session_token_env = "MY_TOKEN";
  CHECK(world.failure().message == "the environment's MY_ID and MY_KEY are not set");
  world.environment["MY_ID"] = "AKMINE";
  CHECK(world.failure().message == "the environment's MY_ID and MY_KEY has only half of an access key");
  world.environment["MY_KEY"] = "SECRETmine";
  world.environment["MY_TOKEN"] = "t";
  const auto found = world.find().value();
  CHECK(found.access_key == "AKMINE");
  CHECK(found.session_token.reveal() == "t");
}

TEST_CASE("CredentialChain: files and profiles named by options and environment") {
  ChainWorld world;
  world.home.write(".aws/credentials", k_file);
  const std::string elsewhere =
      world.home.write("elsewhere", "[default]\naws_access_key_id=AKELSE\naws_secret_access_key=x\n");
  world.home.write(".aws/config",
                   "[profile only here]\naws_access_key_id=AKCONFIG\naws_secret_access_key=x\n"
                   "[profile cron]\naws_access_key_id=AKWORSE\naws_secret_access_key=x\n");
  CHECK(world.find().value().access_key == "AKDEFAULT");
  world.environment["AWS_PROFILE"] = "cron";
  CHECK(world.find().value().access_key == "AKCRON");
  world.environment["AWS_DEFAULT_PROFILE"] = "only here";
  const auto config = world.find().value();
  CHECK(config.access_key == "AKCONFIG");
  CHECK(config.source == "profile 'only here' in " + world.home.path() + "/.aws/config");
  world.environment.erase("AWS_PROFILE");
  world.environment.erase("AWS_DEFAULT_PROFILE");
  world.environment["AWS_SHARED_CREDENTIALS_FILE"] = elsewhere;
  CHECK(world.find().value().access_key == "AKELSE");
  world.options.credentials_file = "~/.aws/credentials";
  world.options.profile = "cron";
  CHECK(world.find().value().access_key == "AKCRON");
}

TEST_CASE("CredentialChain: a named credentials file stands alone, but for a config file named with it") {
  ChainWorld world;
  world.home.write(".aws/config", "[profile p]\naws_access_key_id=AKCONFIG\naws_secret_access_key=x\n");
  world.options.credentials_file = world.home.write("keys", "[other]\naws_access_key_id=A\naws_secret_access_key=x\n");
  world.options.profile = "p";
  world.environment.erase("AWS_EC2_METADATA_DISABLED");
  CHECK(world.failure().message == "profile 'p' has no credentials in " + world.options.credentials_file);
  CHECK(world.seen.empty());
  world.options.config_file = "~/.aws/config";
  CHECK(world.find().value().access_key == "AKCONFIG");
}

TEST_CASE("CredentialChain: what is missing is told, with where it was looked for and where to put it") {
  ChainWorld world;
  const std::string file = world.home.write(".aws/credentials", k_file);
  const std::string both = file + " and " + world.home.path() + "/.aws/config";
  world.options.profile = "nobody";
  CHECK(world.failure().message == "profile 'nobody' has no credentials in " + both);
  world.options.profile = "empty";
  const Error empty = world.failure();
  CHECK(empty.message == "profile 'empty' has no credentials in " + both);
  CHECK(empty.context ==
        std::vector<std::string>{"the instance metadata is switched off by AWS_EC2_METADATA_DISABLED"});
  world.options.profile = "half";
  CHECK(world.failure().message == "profile 'half' in " + file + " has only half of an access key");
  world.options.profile = "";
  world.environment["AWS_PROFILE"] = "typo";
  CHECK(world.failure().message == "profile 'typo' has no credentials in " + both);
  world.environment = {};
  CHECK(world.failure().message == "'~/.aws/credentials' cannot be found: HOME is not set");
  world.environment = {{"AWS_ACCESS_KEY_ID", "AK"}};
  CHECK(world.failure().message == "the environment's AWS_ACCESS_KEY_ID has only half of an access key");
  world.environment["AWS_SECRET_ACCESS_KEY"] = "SECRET\nbreak";
  CHECK(world.failure().message.find("holds an access key with characters that none has") != std::string::npos);
}

TEST_CASE("CredentialChain: a file with keys that everybody may read is refused, one with settings is not") {
  ChainWorld world;
  const std::string file = world.home.write(".aws/credentials", k_file, 0644);
  const Error open = world.failure();
  CHECK(open.message == "'" + file + "' holds a secret and may be read by everybody");
  CHECK(open.hint == "Run: chmod o-rwx '" + file + "'");
  world.home.write(".aws/credentials", k_file, 0640);
  world.home.write(".aws/config", "[default]\nregion = eu-west-1\n", 0644);
  CHECK(world.find().value().access_key == "AKDEFAULT");
}

TEST_CASE("CredentialChain: files are read anew each time, and a broken one is an error") {
  ChainWorld world;
  const std::string file = world.home.write(".aws/credentials", k_file);
  auto chain = world.chain();
  CHECK(chain.get().value().access_key == "AKDEFAULT");
  world.home.write(".aws/credentials", "[default]\naws_access_key_id = AKNEW\naws_secret_access_key=x\n");
  CHECK(chain.get().value().access_key == "AKNEW");
  CHECK_FALSE(chain.renew());
  world.home.write(".aws/credentials", "[default]\naws_secret_access_key SECRET\n");
  CHECK(world.failure().message ==
        "'" + file + "' cannot be read: line 2 is neither a section, a setting nor a comment");
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  CHECK(world.failure().message.find("'" + file + "' cannot be read: ") == 0);
}
