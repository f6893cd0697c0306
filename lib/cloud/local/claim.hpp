#pragma once

#include <tide/util/files.hpp>

#include <string>

namespace tide::cloud::local {

enum class ClaimState {
  fresh,  // never used: ours to start with
  taken,  // locked: by an instance that lives, or by one that is being started
  used,   // its instance ran and ended
};

struct Claim {
  ClaimState state = ClaimState::fresh;
  UniqueFd fd;  // of a fresh one: holds the lock, and so does every process that inherits it
};

// The claim on one token: a file that is locked as long as its instance lives and says whether the command ever ran.
Result<Claim> take_claim(const std::string& path);

}  // namespace tide::cloud::local
