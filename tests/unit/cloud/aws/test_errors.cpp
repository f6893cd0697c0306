#include <tide/cloud/aws/errors.hpp>

#include <tide/util/files.hpp>

#include <doctest/doctest.h>
#include <where.hpp>

using namespace tide;
using namespace tide::cloud::aws;

TEST_SUITE_BEGIN("cloud/aws/errors");

namespace {

std::string fixture(const std::string& name) { return read_file(test::fixtures() + "/ec2/moto-5.1.1/" + name).value(); }

}  // namespace

TEST_CASE("parse_error_body: all three envelopes, CDATA too") {
  const auto ec2 = parse_error_body(fixture("RunInstances-bad-subnet.xml")).value();
  CHECK(ec2 == ErrorBody{.code = "InvalidSubnetID.NotFound",
                         .message = "The subnet ID 'subnet-deadbeef' does not exist",
                         .request_id = "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE"});
  const auto cdata = parse_error_body(fixture("auth-wrong-secret.xml")).value();
  CHECK(cdata.code == "AuthFailure");
  CHECK(cdata.message == "AWS was not able to validate the provided access credentials");
  CHECK(cdata.request_id == "FSAmgdwVOrYR3SnkRXcqtF9ZcvRcwH9SwqJlBkdoBnR8DUCZuduW");
  const auto query =
      parse_error_body(
          "<a:ErrorResponse xmlns:a=\"urn:x\"><a:Error><a:Type>Sender</a:Type><a:Code>Throttling</a:Code>"
          "<a:Message>Rate exceeded</a:Message></a:Error><a:RequestId>r-1</a:RequestId></a:ErrorResponse>")
          .value();
  CHECK(query == ErrorBody{.code = "Throttling", .message = "Rate exceeded", .request_id = "r-1"});
}

TEST_CASE("parse_error_body: nothing in what is no envelope") {
  const std::string whole = fixture("RunInstances-bad-subnet.xml");
  for (const std::string& text :
       {std::string(), fixture("DescribeInstances-bad-token.xml"), whole.substr(0, whole.size() / 2),
        std::string("{\"Error\":{\"Code\":\"x\"}}"), std::string("<Response/>"),
        std::string("<Response><Errors><Error><Code></Code></Error></Errors></Response>"),
        std::string("<!DOCTYPE r [<!ENTITY a \"AuthFailure\">]><Response><Errors><Error><Message>&a;</Message>"
                    "</Error></Errors></Response>")}) {
    CAPTURE(text);
    CHECK_FALSE(parse_error_body(text));
  }
}

TEST_CASE("kind_of: every class of EC2's codes") {
  const std::vector<std::pair<std::string, ErrorKind>> cases{
      {"RequestLimitExceeded", ErrorKind::throttled},
      {"ThrottlingException", ErrorKind::throttled},
      {"SlowDown", ErrorKind::throttled},
      {"LimitExceededException", ErrorKind::throttled},
      {"InsufficientInstanceCapacity", ErrorKind::capacity},
      {"Unsupported", ErrorKind::capacity},
      {"InsufficientFreeAddressesInSubnet", ErrorKind::capacity},
      {"SpotMaxPriceTooLow", ErrorKind::capacity},
      {"VcpuLimitExceeded", ErrorKind::quota},
      {"InstanceLimitExceeded", ErrorKind::quota},
      {"MaxSpotInstanceCountExceeded", ErrorKind::quota},
      {"PendingVerification", ErrorKind::quota},
      {"AuthFailure", ErrorKind::auth},
      {"AuthFailure.ServiceLinkedRoleCreationNotPermitted", ErrorKind::auth},
      {"UnauthorizedOperation", ErrorKind::auth},
      {"ExpiredTokenException", ErrorKind::auth},
      {"InvalidClientTokenId", ErrorKind::auth},
      {"RequestExpired", ErrorKind::auth},
      {"InvalidInstanceID.NotFound", ErrorKind::eventual},
      {"InvalidInstanceID.Malformed", ErrorKind::bad_request},
      {"InvalidAMIID.NotFound", ErrorKind::bad_request},
      {"InvalidParameterValue", ErrorKind::bad_request},
      {"MissingParameter", ErrorKind::bad_request},
      {"IdempotentParameterMismatch", ErrorKind::bad_request},
      {"OperationNotPermitted", ErrorKind::bad_request},
      {"InternalError", ErrorKind::retry},
      {"Unavailable", ErrorKind::retry},
      {"RequestTimeout", ErrorKind::retry},
      {"NeverHeardOf", ErrorKind::unknown},
  };
  for (const auto& [code, kind] : cases) {
    CAPTURE(code);
    CHECK(kind_of(code, 400) == kind);
  }
}

TEST_CASE("kind_of, reach_of: what each class of a refused launch keeps off") {
  struct Case {
    const char* code;
    ErrorKind kind;
    Reach reach;
  };
  const std::vector<Case> cases{
      // this type, zone or subnet, and market; minutes
      {"InsufficientInstanceCapacity", ErrorKind::capacity, Reach::usual},
      {"InsufficientHostCapacity", ErrorKind::capacity, Reach::usual},
      {"InsufficientReservedInstanceCapacity", ErrorKind::capacity, Reach::usual},
      {"InsufficientCapacity", ErrorKind::capacity, Reach::usual},
      {"UnfulfillableCapacity", ErrorKind::capacity, Reach::usual},
      {"ReservationCapacityExceeded", ErrorKind::capacity, Reach::usual},
      {"SpotMaxPriceTooLow", ErrorKind::capacity, Reach::usual},
      {"MaxFleetCountExceeded", ErrorKind::capacity, Reach::usual},
      // a day
      {"Unsupported", ErrorKind::capacity, Reach::offer},
      // the place, whatever the type
      {"InsufficientFreeAddressesInSubnet", ErrorKind::capacity, Reach::place},
      {"InsufficientVolumeCapacity", ErrorKind::capacity, Reach::place},
      // the types that the quota counts, in this market
      {"InstanceLimitExceeded", ErrorKind::quota, Reach::family},
      {"VcpuLimitExceeded", ErrorKind::quota, Reach::family},
      {"MaxSpotInstanceCountExceeded", ErrorKind::quota, Reach::family},
      // the account
      {"VolumeLimitExceeded", ErrorKind::quota, Reach::account},
      {"NetworkInterfaceLimitExceeded", ErrorKind::quota, Reach::account},
      {"AddressLimitExceeded", ErrorKind::quota, Reach::account},
      {"PendingVerification", ErrorKind::quota, Reach::account},
      // the pool: what its image or keys ask for
      {"OptInRequired", ErrorKind::quota, Reach::usual},
      {"InvalidAMIID.NotFound", ErrorKind::bad_request, Reach::usual},
      {"InvalidSubnetID.NotFound", ErrorKind::bad_request, Reach::usual},
      {"InvalidGroup.NotFound", ErrorKind::bad_request, Reach::usual},
      {"InvalidKeyPair.NotFound", ErrorKind::bad_request, Reach::usual},
      {"InvalidUserData.Malformed", ErrorKind::bad_request, Reach::usual},
      {"InvalidLaunchTemplateName.NotFoundException", ErrorKind::eventual, Reach::usual},
      // the cloud
      {"RequestLimitExceeded", ErrorKind::throttled, Reach::usual},
      {"Blocked", ErrorKind::auth, Reach::usual},
      {"UnauthorizedOperation", ErrorKind::auth, Reach::usual},
      // its spot machines
      {"AuthFailure.ServiceLinkedRoleCreationNotPermitted", ErrorKind::auth, Reach::market},
  };
  for (const auto& [code, kind, reach] : cases) {
    CAPTURE(code);
    CHECK(kind_of(code, 400) == kind);
    CHECK(reach_of(code) == reach);
  }
}

TEST_CASE("kind_of: a known code beats the status, an unknown one is judged by it") {
  CHECK(kind_of("InsufficientInstanceCapacity", 500) == ErrorKind::capacity);
  CHECK(kind_of("RequestLimitExceeded", 503) == ErrorKind::throttled);
  CHECK(kind_of("", 503) == ErrorKind::retry);
  CHECK(kind_of("NeverHeardOf", 500) == ErrorKind::retry);
  CHECK(kind_of("", 429) == ErrorKind::throttled);
  CHECK(kind_of("", 403) == ErrorKind::auth);
  CHECK(kind_of("", 404) == ErrorKind::unknown);
}
