#include <tide/core/exit_code.hpp>

#include <doctest/doctest.h>

#include <set>

using namespace tide;
using core::exit_code_of;
using core::ExitCode;
TEST_SUITE_BEGIN("core/exit_code");

TEST_CASE("exit codes: the numbers are part of the contract") {
  const int numbers[] = {static_cast<int>(ExitCode::done),        static_cast<int>(ExitCode::unexpected),
                         static_cast<int>(ExitCode::usage),       static_cast<int>(ExitCode::config),
                         static_cast<int>(ExitCode::partly),      static_cast<int>(ExitCode::refused),
                         static_cast<int>(ExitCode::cloud),       static_cast<int>(ExitCode::not_allowed),
                         static_cast<int>(ExitCode::no_capacity), static_cast<int>(ExitCode::batch),
                         static_cast<int>(ExitCode::lock_held),   static_cast<int>(ExitCode::money),
                         static_cast<int>(ExitCode::timeout)};
  int expected = 0;
  for (const int number : numbers) CHECK(number == expected++);
}

TEST_CASE("exit codes: each kind of error has one") {
  CHECK(exit_code_of(ErrorKind::unexpected) == ExitCode::unexpected);
  CHECK(exit_code_of(ErrorKind::io) == ExitCode::unexpected);
  CHECK(exit_code_of(ErrorKind::usage) == ExitCode::usage);
  CHECK(exit_code_of(ErrorKind::not_found) == ExitCode::usage);
  CHECK(exit_code_of(ErrorKind::config) == ExitCode::config);
  CHECK(exit_code_of(ErrorKind::stranger) == ExitCode::config);
  CHECK(exit_code_of(ErrorKind::refused) == ExitCode::refused);
  CHECK(exit_code_of(ErrorKind::lock_held) == ExitCode::lock_held);
  CHECK(exit_code_of(ErrorKind::money) == ExitCode::money);
  CHECK(exit_code_of(ErrorKind::timeout) == ExitCode::timeout);
  for (const auto kind : {ErrorKind::batch, ErrorKind::unproven, ErrorKind::protocol})
    CHECK(exit_code_of(kind) == ExitCode::batch);
  for (const auto kind :
       {ErrorKind::retry, ErrorKind::throttled, ErrorKind::bad_request, ErrorKind::eventual, ErrorKind::unknown}) {
    CHECK(exit_code_of(kind) == ExitCode::cloud);
  }
  CHECK(exit_code_of(ErrorKind::auth) == ExitCode::not_allowed);
  CHECK(exit_code_of(ErrorKind::capacity) == ExitCode::no_capacity);
  CHECK(exit_code_of(ErrorKind::quota) == ExitCode::no_capacity);
}

TEST_CASE("exit codes: each has a meaning of its own") {
  std::set<std::string_view> meanings;
  for (int code = 0; code <= 12; ++code) meanings.insert(core::meaning(static_cast<ExitCode>(code)));
  CHECK(meanings.size() == 13);
}
