#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>
#include <tide/util/secret.hpp>

#include <initializer_list>
#include <map>
#include <optional>
#include <string>

namespace tide::cloud::aws {

struct Credentials {
  std::string access_key;  // "": nothing is signed
  Secret secret_key;
  Secret session_token;              // of temporary ones; else empty
  std::string source;                // "profile 'x' in /path": for hints
  std::optional<TimePoint> expires;  // by our own clock

  bool operator==(const Credentials&) const = default;
};

// The process's, read once by main().
using Environment = std::map<std::string, std::string>;

// The first of these that is set and not empty, or "".
std::string variable(const Environment& environment, std::initializer_list<const char*> names);

// The same credentials, if both halves are there and can stand in a header; else an error of kind auth that names the
// source, never a value.
Result<Credentials> checked(Credentials credentials);

// Can this stand in a header as one word?
bool is_token(std::string_view text);

// "role 'x' until 2026-11-25T13:00:00Z": for contexts.
std::string described(const Credentials& credentials);

// Whoever gives credentials, asked anew for each call. Errors are of kind auth: the call was not made.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  virtual Result<Credentials> get() = 0;
  // The peer says that what get() gave has expired. True: the next get() asks its source anew.
  virtual bool renew() { return false; }
};

class FixedCredentials final : public CredentialSource {
 public:
  explicit FixedCredentials(Credentials credentials) : m_credentials(std::move(credentials)) {}

  Result<Credentials> get() override { return m_credentials; }

 private:
  Credentials m_credentials;
};

}  // namespace tide::cloud::aws
