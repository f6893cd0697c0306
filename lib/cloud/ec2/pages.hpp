#pragma once

#include <tide/cloud/aws/query_api.hpp>
#include <tide/util/text.hpp>

#include <set>
#include <string>
#include <string_view>

// Calls whose answers come in pages.
namespace tide::cloud::ec2 {

// The parser's error as the user's: which cloud, which call, which request.
template <typename T>
Result<T> in_call(Result<T> parsed, const std::string& cloud, std::string_view action, const aws::Answer& answer) {
  if (parsed) return parsed;
  Error error = std::move(parsed).error();
  error.message =
      "cloud '" + cloud + "' answered " + std::string(action) + " with what tide cannot read: " + error.message;
  if (!answer.request_id.empty()) error.context.push_back("request " + printable(answer.request_id, 80));
  error.hint = "Check that [clouds." + cloud + "] endpoint is an EC2 API, not a proxy's page.";
  return error;
}

// A server that pages in a circle would keep us for ever: an error once a token comes twice, or too many came.
Result<void> check_token(const std::string& cloud, const std::string& token, std::set<std::string>& seen);

// '*' and '?' in a filter's value stand for anything; in what this returns they are themselves.
std::string literal(std::string_view value);

// That these credentials may not make the call, as EC2 and its likes say it.
inline bool is_denied(const aws::Answer& answer) {
  return answer.code == "UnauthorizedOperation" || answer.code.starts_with("AccessDenied");
}

// Makes the call for each page; take(body, answer) reads one and returns the next page's token, "" at the end. `denied`
// is set where the call may not be made.
template <typename Take>
Result<void> each_page(aws::QueryApi& api, aws::Call call, Take take, bool* denied = nullptr) {
  const std::size_t fixed = call.parameters.size();
  std::set<std::string> tokens;
  for (;;) {
    const aws::Answer answer = api.call({&call, 1}).front();
    if (denied != nullptr) *denied = is_denied(answer);
    TIDE_TRY_ASSIGN(const std::string body, answer.body);
    TIDE_TRY_ASSIGN(const std::string token, take(body, answer));
    if (token.empty()) return {};
    TIDE_TRY(check_token(api.service().cloud, token, tokens));
    call.parameters.resize(fixed);
    call.parameters.emplace_back("NextToken", token);
  }
}

}  // namespace tide::cloud::ec2
