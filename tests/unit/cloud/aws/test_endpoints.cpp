#include "support_aws.hpp"

using namespace tide;
using namespace tide::cloud::aws;
using namespace tide::test;

TEST_SUITE_BEGIN("cloud/aws/endpoints");

namespace {

std::string endpoint(const std::string& service, const std::string& region, bool fips = false, bool dual = false) {
  const auto found = default_endpoint(service, region, {.fips = fips, .dual_stack = dual});
  return found ? *found : "error: " + found.error().message;
}

}  // namespace

TEST_CASE("default_endpoint: by partition") {
  CHECK(endpoint("ec2", "eu-central-1") == "https://ec2.eu-central-1.amazonaws.com/");
  CHECK(endpoint("ec2", "eu-central-1", true) == "https://ec2-fips.eu-central-1.amazonaws.com/");
  CHECK(endpoint("ec2", "eu-central-1", false, true) == "https://ec2.eu-central-1.api.aws/");
  CHECK(endpoint("ec2", "eu-central-1", true, true) == "https://ec2-fips.eu-central-1.api.aws/");
  CHECK(endpoint("ec2", "cn-north-1") == "https://ec2.cn-north-1.amazonaws.com.cn/");
  CHECK(endpoint("ec2", "cn-north-1", false, true) == "https://ec2.cn-north-1.api.amazonwebservices.com.cn/");
  CHECK(endpoint("ec2", "us-gov-west-1") == "https://ec2.us-gov-west-1.amazonaws.com/");
  CHECK(endpoint("ec2", "us-gov-west-1", true) == "https://ec2.us-gov-west-1.amazonaws.com/");
  CHECK(endpoint("sts", "us-gov-west-1", true, true) == "https://sts-fips.us-gov-west-1.api.aws/");
  CHECK(endpoint("ec2", "us-iso-east-1") == "https://ec2.us-iso-east-1.c2s.ic.gov/");
  CHECK(endpoint("ec2", "us-isob-east-1") == "https://ec2.us-isob-east-1.sc2s.sgov.gov/");
  CHECK(endpoint("ec2", "eu-isoe-west-1") == "https://ec2.eu-isoe-west-1.cloud.adc-e.uk/");
  CHECK(endpoint("ec2", "us-isof-south-1") == "https://ec2.us-isof-south-1.csp.hci.ic.gov/");
  CHECK(endpoint("ec2", "eusc-de-east-1") == "https://ec2.eusc-de-east-1.amazonaws.eu/");
  CHECK(endpoint("ec2", "regionOne") == "https://ec2.regionOne.amazonaws.com/");
  CHECK(endpoint("ec2", "fips-us-east-1") == "https://ec2-fips.us-east-1.amazonaws.com/");
  CHECK(endpoint("sts", "aws-global") == "https://sts.amazonaws.com/");
  CHECK(endpoint("sso", "eu-west-1") == "https://portal.sso.eu-west-1.amazonaws.com/");
}

TEST_CASE("real_region: FIPS was once part of a region's name") {
  CHECK(real_region("fips-us-east-1") == "us-east-1");
  CHECK(real_region("us-gov-west-1-fips") == "us-gov-west-1");
  CHECK(real_region("eu-central-1") == "eu-central-1");
}

TEST_CASE("is_region: only what goes into a host name") {
  for (const char* text : {"eu-central-1", "RegionOne", "nova", "x_1.y"}) CHECK(is_region(text));
  for (const char* text : {"", "-x", "a b", "a/b", "evil.example/#", "a@b", "a:1"}) CHECK_FALSE(is_region(text));
}

TEST_CASE("find_endpoint: the environment, then the profile's services, then its own; or none of them") {
  const Home home;
  const auto profiles =
      Profiles::read({.credentials = "",
                      .config = home.write("f",
                                           "[default]\nendpoint_url = https://all\nservices = s\nregion = r\n"
                                           "use_fips_endpoint = True\nca_bundle = /ca\n"
                                           "[services s]\nec2 =\n  endpoint_url = https://ec2only\n"
                                           "[profile torn]\nservices = gone\n")})
          .value();
  Environment environment;
  const Surroundings around{environment, &profiles, profiles.find("default")};
  CHECK(find_endpoint("ec2", around).value() == "https://ec2only");
  CHECK(find_endpoint("sts", around).value() == "https://all");
  CHECK(find_region(around) == "r");
  CHECK(find_variant(around) == EndpointVariant{.fips = true, .dual_stack = false});
  CHECK(find_ca_file(around) == "/ca");
  environment = {{"AWS_ENDPOINT_URL", "https://env"},
                 {"AWS_DEFAULT_REGION", "d"},
                 {"AWS_USE_FIPS_ENDPOINT", "false"},
                 {"AWS_USE_DUALSTACK_ENDPOINT", "true"},
                 {"AWS_CA_BUNDLE", "/env-ca"}};
  CHECK(find_endpoint("ec2", around).value() == "https://env");
  CHECK(find_region(around) == "d");
  CHECK(find_variant(around) == EndpointVariant{.fips = false, .dual_stack = true});
  CHECK(find_ca_file(around) == "/env-ca");
  environment["AWS_ENDPOINT_URL_EC2"] = "https://env-ec2";
  environment["AWS_REGION"] = "a";
  CHECK(find_endpoint("ec2", around).value() == "https://env-ec2");
  CHECK(find_endpoint("sts", around).value() == "https://env");
  CHECK(find_region(around) == "a");
  environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "TRUE";
  CHECK(find_endpoint("ec2", around).value().empty());

  const Environment none;
  const auto torn = find_endpoint("ec2", {none, &profiles, profiles.find("torn")});
  REQUIRE_FALSE(torn);
  CHECK(torn.error().kind == ErrorKind::config);
  CHECK(find_endpoint("ec2", {none, nullptr, nullptr}).value().empty());
}
