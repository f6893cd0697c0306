#include <tide/cloud/aws/errors.hpp>

#include <tide/cloud/aws/xml.hpp>

#include <algorithm>
#include <array>

namespace tide::cloud::aws {
namespace {

struct CodeKind {
  std::string_view code;  // a '*' at its end stands for any rest
  ErrorKind kind;
};

// EC2's error codes as its API reference lists them, plus what botocore counts as throttling. First match counts.
constexpr std::array k_codes{
    // slow down
    CodeKind{"Throttling*", ErrorKind::throttled},
    CodeKind{"ThrottledException", ErrorKind::throttled},
    CodeKind{"RequestThrottled*", ErrorKind::throttled},
    CodeKind{"TooManyRequests*", ErrorKind::throttled},
    CodeKind{"ProvisionedThroughputExceededException", ErrorKind::throttled},
    CodeKind{"TransactionInProgressException", ErrorKind::throttled},
    CodeKind{"RequestLimitExceeded", ErrorKind::throttled},
    CodeKind{"BandwidthLimitExceeded", ErrorKind::throttled},
    CodeKind{"LimitExceededException", ErrorKind::throttled},
    CodeKind{"SlowDown", ErrorKind::throttled},
    CodeKind{"EC2ThrottledException", ErrorKind::throttled},
    // none of that there now
    CodeKind{"InsufficientInstanceCapacity", ErrorKind::capacity},
    CodeKind{"InsufficientHostCapacity", ErrorKind::capacity},
    CodeKind{"InsufficientReservedInstanceCapacity", ErrorKind::capacity},
    CodeKind{"InsufficientCapacity*", ErrorKind::capacity},
    CodeKind{"UnfulfillableCapacity", ErrorKind::capacity},
    CodeKind{"ReservationCapacityExceeded", ErrorKind::capacity},
    CodeKind{"SpotMaxPriceTooLow", ErrorKind::capacity},
    CodeKind{"Unsupported", ErrorKind::capacity},
    CodeKind{"InsufficientFreeAddressesInSubnet", ErrorKind::capacity},
    CodeKind{"InsufficientVolumeCapacity", ErrorKind::capacity},
    CodeKind{"MaxFleetCountExceeded", ErrorKind::capacity},
    // the account's limits
    CodeKind{"InstanceLimitExceeded", ErrorKind::quota},
    CodeKind{"VcpuLimitExceeded", ErrorKind::quota},
    CodeKind{"MaxSpotInstanceCountExceeded", ErrorKind::quota},
    CodeKind{"VolumeLimitExceeded", ErrorKind::quota},
    CodeKind{"NetworkInterfaceLimitExceeded", ErrorKind::quota},
    CodeKind{"AddressLimitExceeded", ErrorKind::quota},
    CodeKind{"TagLimitExceeded", ErrorKind::quota},
    CodeKind{"PendingVerification", ErrorKind::quota},
    CodeKind{"OptInRequired", ErrorKind::quota},
    // who asks
    CodeKind{"AuthFailure*", ErrorKind::auth},
    CodeKind{"UnauthorizedOperation", ErrorKind::auth},
    CodeKind{"AccessDenied*", ErrorKind::auth},
    CodeKind{"InvalidClientTokenId", ErrorKind::auth},
    CodeKind{"InvalidAccessKeyId", ErrorKind::auth},
    CodeKind{"UnrecognizedClientException", ErrorKind::auth},
    CodeKind{"ExpiredToken*", ErrorKind::auth},
    CodeKind{"RequestExpired", ErrorKind::auth},
    CodeKind{"RequestTimeTooSkewed", ErrorKind::auth},
    CodeKind{"RequestInTheFuture", ErrorKind::auth},
    CodeKind{"SignatureDoesNotMatch", ErrorKind::auth},
    CodeKind{"InvalidSignatureException", ErrorKind::auth},
    CodeKind{"IncompleteSignature", ErrorKind::auth},
    CodeKind{"MissingAuthenticationToken", ErrorKind::auth},
    CodeKind{"Blocked", ErrorKind::auth},
    // not yet, or no longer, there
    CodeKind{"InvalidInstanceID.NotFound", ErrorKind::eventual},
    CodeKind{"InvalidLaunchTemplateName.NotFoundException", ErrorKind::eventual},
    CodeKind{"InvalidNetworkInterfaceID.NotFound", ErrorKind::eventual},
    // what our configuration asks for
    CodeKind{"IdempotentParameterMismatch", ErrorKind::bad_request},
    CodeKind{"OperationNotPermitted", ErrorKind::bad_request},
    CodeKind{"IncorrectInstanceState", ErrorKind::bad_request},
    CodeKind{"IncorrectState", ErrorKind::bad_request},
    CodeKind{"UnsupportedOperation", ErrorKind::bad_request},
    CodeKind{"MissingParameter", ErrorKind::bad_request},
    CodeKind{"UnknownParameter", ErrorKind::bad_request},
    CodeKind{"ValidationError", ErrorKind::bad_request},
    CodeKind{"MalformedQueryString", ErrorKind::bad_request},
    CodeKind{"NoSuchEntity", ErrorKind::bad_request},
    CodeKind{"InvalidAction", ErrorKind::bad_request},
    CodeKind{"Invalid*", ErrorKind::bad_request},
    // try again: may have been done
    CodeKind{"InternalError", ErrorKind::retry},
    CodeKind{"InternalFailure", ErrorKind::retry},
    CodeKind{"ServiceUnavailable*", ErrorKind::retry},
    CodeKind{"Unavailable", ErrorKind::retry},
    CodeKind{"RequestTimeout*", ErrorKind::retry},
    CodeKind{"PriorRequestNotComplete", ErrorKind::retry},
};

bool matches(std::string_view pattern, std::string_view code) {
  if (pattern.ends_with('*')) return code.starts_with(pattern.substr(0, pattern.size() - 1));
  return code == pattern;
}

ErrorKind kind_of_status(int status) {
  if (status == 429) return ErrorKind::throttled;
  if (status == 401 || status == 403) return ErrorKind::auth;
  if (status >= 500) return ErrorKind::retry;
  if (status == 408) return ErrorKind::retry;
  return ErrorKind::unknown;
}

}  // namespace

std::optional<ErrorBody> parse_error_body(std::string_view body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return std::nullopt;
  const pugi::xml_node root = document.document_element();
  if (local_name(root) != "Response" && local_name(root) != "ErrorResponse") return std::nullopt;
  const pugi::xml_node errors = child(root, "Errors");
  const pugi::xml_node error = child(errors ? errors : root, "Error");
  ErrorBody found{.code = child_text(error, "Code"), .message = child_text(error, "Message"), .request_id = {}};
  if (found.code.empty()) return std::nullopt;
  // EC2 writes RequestID, the other query services RequestId.
  found.request_id = child_text(root, "RequestID");
  if (found.request_id.empty()) found.request_id = child_text(root, "RequestId");
  return found;
}

ErrorKind kind_of(std::string_view code, int status) {
  const auto at = std::ranges::find_if(k_codes, [&](const CodeKind& each) { return matches(each.code, code); });
  return at == k_codes.end() ? kind_of_status(status) : at->kind;
}

Reach reach_of(std::string_view code) {
  struct CodeReach {
    std::string_view code;
    Reach reach;
  };
  constexpr std::array k_reaches{
      CodeReach{"Unsupported", Reach::offer},
      CodeReach{"InsufficientFreeAddressesInSubnet", Reach::place},
      CodeReach{"InsufficientVolumeCapacity", Reach::place},
      CodeReach{"InstanceLimitExceeded", Reach::family},
      CodeReach{"VcpuLimitExceeded", Reach::family},
      CodeReach{"MaxSpotInstanceCountExceeded", Reach::family},
      CodeReach{"VolumeLimitExceeded", Reach::account},
      CodeReach{"NetworkInterfaceLimitExceeded", Reach::account},
      CodeReach{"AddressLimitExceeded", Reach::account},
      CodeReach{"PendingVerification", Reach::account},
      CodeReach{"AuthFailure.ServiceLinkedRoleCreationNotPermitted", Reach::market},
  };
  const auto at = std::ranges::find(k_reaches, code, &CodeReach::code);
  return at == k_reaches.end() ? Reach::usual : at->reach;
}

bool may_be_skew(std::string_view code) {
  constexpr std::array<std::string_view, 6> k_codes_of_skew{"RequestTimeTooSkewed",  "RequestExpired",
                                                            "RequestInTheFuture",    "InvalidSignatureException",
                                                            "SignatureDoesNotMatch", "AuthFailure"};
  return std::ranges::find(k_codes_of_skew, code) != k_codes_of_skew.end();
}

}  // namespace tide::cloud::aws
