#pragma once

#include <tide/util/result.hpp>

#include <optional>
#include <string>

namespace tide::cloud::aws {

struct ErrorBody {
  std::string code;
  std::string message;
  std::string request_id;

  bool operator==(const ErrorBody&) const = default;
};

// All three envelopes: <Response><Errors><Error>, <ErrorResponse><Errors><Error> and <ErrorResponse><Error>; nothing
// for HTML, JSON or a body cut short.
std::optional<ErrorBody> parse_error_body(std::string_view body);

// What a refusal with this code and HTTP status means. `retry` only where the call may have been done; throttled is
// never capacity; a code that this version does not know is judged by the status.
ErrorKind kind_of(std::string_view code, int status);

// How far a refusal with this code reaches.
Reach reach_of(std::string_view code);

// May be the clock's fault (EC2 says AuthFailure for both), so worth a look at the reply's Date.
bool may_be_skew(std::string_view code);

}  // namespace tide::cloud::aws
