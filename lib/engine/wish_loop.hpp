#pragma once

#include <tide/engine/lock.hpp>
#include <tide/engine/pass.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tide::engine {

// Takes the cluster's lock, or fails with lock_held at once; what it returns frees the lock when destroyed.
using TryLock = std::function<Result<std::shared_ptr<void>>()>;

struct WishOptions {
  bool until_gone = false;                       // repeat passes until nothing of it is left
  bool wait = true;                              // false: leave it queued if the lock is taken, else one pass
  std::optional<std::chrono::seconds> timeout;   // of the whole; nothing: none
  std::function<void(const Error&)> held;        // once, while another pass holds the lock
  std::function<void(const PassReport&)> pass;   // after each pass
  std::function<void(const PassReport&)> again;  // after each pass but the last: another one is waited for
  std::function<void(const Outcome&)> progress;
};

enum class WishEnd {
  queued,     // the running pass finds it
  passed,     // one pass, and more to do in later ones
  closed,     // nothing of it is left to do
  timed_out,  // it stays; later passes carry it on
};

struct WishReport {
  WishEnd end = WishEnd::closed;
  std::optional<Closing> elsewhere = {};  // another process's pass closed it
  std::vector<PassReport> passes;         // the last one, and what earlier ones did: their readings and plans are empty
};

// A person's wish: written before the lock is tried, carried out by passes that act only on what it names, with the
// lock free in between.
Result<WishReport> carry_out(Ports& ports, const core::Settings& settings, const core::Wish& wish, const TryLock& lock,
                             const WishOptions& options);

// One pass over everything (`scale-once`), then the wishes that came while it ran. lock_held if the lock is taken.
Result<std::vector<PassReport>> scale(Ports& ports, const core::Settings& settings, const TryLock& lock,
                                      const PassOptions& options);

core::ExitCode exit_code(const WishReport& report, const core::WishId& wish);

}  // namespace tide::engine
