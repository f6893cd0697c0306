#include <tide/cloud/aws/credentials.hpp>

#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::cloud::aws {

std::string variable(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto at = environment.find(name);
    if (at != environment.end() && !at->second.empty()) return at->second;
  }
  return "";
}

bool is_token(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
}

Result<Credentials> checked(Credentials credentials) {
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return make_error(ErrorKind::auth, "{} has only half of an access key", credentials.source)
        .with_hint("Give both the access key ID and the secret access key.");
  }
  if (!is_token(credentials.access_key) || !is_token(credentials.secret_key.reveal()) ||
      !is_token(credentials.session_token.reveal())) {
    return make_error(ErrorKind::auth, "{} holds an access key with characters that none has", credentials.source)
        .with_hint("Look for blanks and quotes around the values.");
  }
  return credentials;
}

std::string described(const Credentials& credentials) {
  if (!credentials.expires) return credentials.source;
  return credentials.source + ", good until " + format_time(*credentials.expires);
}

}  // namespace tide::cloud::aws
