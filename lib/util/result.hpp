#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tide {

// What kind of failure this is. Retry, exit code and planner switch on it with no default branch,
// so that a new kind forces a decision everywhere.
enum class ErrorKind {
  unexpected,   // a bug, or the machine under us failing
  usage,        // the command line is wrong
  not_found,    // no such node, instance, pool or job
  config,       // our own configuration is wrong
  io,           // a local file, socket or child process failed
  refused,      // a safety rule, a limit or a person said no
  lock_held,    // another pass holds the lock
  money,        // a money cap
  timeout,      // time ran out
  batch,        // the batch system could not be read, or refused a change
  unproven,     // a reading without proof that it is whole
  protocol,     // what came back is not what this version of the peer prints
  stranger,     // another server answers than the one that the store knows
  retry,        // cloud: a connection failed or a 5xx came; the call may or may not have been done
  throttled,    // cloud: too many requests; never capacity
  capacity,     // cloud: none of that type there now
  quota,        // cloud: the account's limit
  auth,         // cloud: credentials refused, or not allowed
  bad_request,  // cloud: it refuses what our configuration asks for (its class "config")
  eventual,     // cloud: an ID that it does not know, yet or any more
  unsent,       // cloud: the call was never made: the pass had no time left, or our own rate kept it
  unknown,      // cloud: none of these
};

// Of capacity and quota: how far the refusal reaches.
enum class Reach {
  usual,    // capacity: this type, in this zone or subnet and market; quota: this pool
  offer,    // capacity: as usual, but for long: the type is not offered there
  place,    // capacity: any type, in this subnet
  family,   // quota: all types that it counts together, in this market
  market,   // all types, in this market
  account,  // whatever is launched in this cloud
};

std::string_view to_string(ErrorKind kind);
std::optional<ErrorKind> error_kind_from(std::string_view text);

// Three parts, a line each when printed: what failed; why, from what tide was doing to what the
// peer said; and one sentence on what to do next.
struct Error {
  ErrorKind kind = ErrorKind::unexpected;
  std::string message;               // lower case, no full stop, the thing first and quoted
  std::vector<std::string> context;  // outermost first; the peer's words and request ID last
  std::string hint;
  std::int64_t retry_after_seconds = 0;  // for that long the cloud asked to be left alone; 0: it did not say
  Reach reach = Reach::usual;

  Error with_context(std::string line) &&;  // inserts before what is there: the outer frame comes first
  Error with_peer(std::string line) &&;     // appends: the peer's own words
  Error with_hint(std::string text) &&;
  bool operator==(const Error&) const = default;
};

template <typename... Args>
Error make_error(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return Error{.kind = kind, .message = fmt::format(format, std::forward<Args>(args)...), .context = {}, .hint = {}};
}

struct Nothing {
  bool operator==(const Nothing&) const = default;
};

// A value or the Error that kept us from having it (std::expected's names; <expected> needs C++23 on g++ 12).
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : m_state(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return m_state.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & { return std::get<0>(m_state); }
  const T& value() const& { return std::get<0>(m_state); }
  T&& value() && { return std::get<0>(std::move(m_state)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(m_state); }
  const Error& error() const& { return std::get<1>(m_state); }
  Error&& error() && { return std::get<1>(std::move(m_state)); }
  bool operator==(const Result&) const = default;

 private:
  std::variant<T, Error> m_state;
};

template <>
class [[nodiscard]] Result<void> : public Result<Nothing> {
 public:
  Result() : Result<Nothing>(Nothing{}) {}
  Result(Error error) : Result<Nothing>(std::move(error)) {}  // NOLINT(google-explicit-constructor)
};

}  // namespace tide

#define TIDE_CONCAT_INNER(a, b) a##b
#define TIDE_CONCAT(a, b) TIDE_CONCAT_INNER(a, b)
// Leave the function with the error, if there is one.
#define TIDE_TRY(...)                                                                          \
  do {                                                                                         \
    if (auto tide_result = (__VA_ARGS__); !tide_result) return std::move(tide_result).error(); \
  } while (false)
// TIDE_TRY_ASSIGN(auto value, call()): the value, or leave the function with the error.
#define TIDE_TRY_ASSIGN(declaration, ...)                                                                  \
  auto TIDE_CONCAT(tide_result_, __LINE__) = (__VA_ARGS__);                                                \
  if (!TIDE_CONCAT(tide_result_, __LINE__)) return std::move(TIDE_CONCAT(tide_result_, __LINE__)).error(); \
  declaration = std::move(TIDE_CONCAT(tide_result_, __LINE__)).value()
