#pragma once

#include <tide/util/result.hpp>

namespace tide {

// Signals that ask a daemon for something and do not end it.
struct Nudges {
  bool wake = false;    // SIGUSR1: the next pass now
  bool reload = false;  // SIGHUP: the configuration anew
};

// From now on these signals are remembered and do nothing else. Once per process.
Result<void> catch_nudges();

// What came since the last call.
Nudges take_nudges() noexcept;

}  // namespace tide
