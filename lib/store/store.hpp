#pragma once

#include <tide/core/memory.hpp>
#include <tide/util/result.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tide::store {

// What happened and why; append-only.
struct Event {
  std::int64_t id = 0;  // given by the store, growing; 0 before
  TimePoint at{};
  std::int64_t pass = 0;
  std::string type;     // launch, hold, release, terminate, remove, refuse, alarm, ...
  std::string subject;  // node, instance, pool or shape
  std::string rule;
  std::string text;

  bool operator==(const Event&) const = default;
};

// The newest that meet all of it.
struct EventQuery {
  std::int64_t after = 0;          // an ID
  std::optional<TimePoint> since;  // at that time or later
  std::string about;               // is the subject, or stands in the text; "" any
  std::string type;                // "" any
  int newest = 1'000;
};

// The port for what must outlive the process. Each call is one transaction, on disk when it returns.
class Store {
 public:
  virtual ~Store() = default;

  virtual Result<core::Memory> load() = 0;

  // Writes what differs between `before` (as loaded or last saved) and `after`. Wishes are not touched.
  virtual Result<void> save(const core::Memory& before, const core::Memory& after) = 0;

  // May be called without the lock, by any command that may write the state folder.
  virtual Result<void> add_wish(const core::Wish& wish) = 0;
  virtual Result<void> close_wish(const core::WishId& wish) = 0;

  virtual Result<void> append(std::span<const Event> events) = 0;
  virtual Result<std::vector<Event>> events(const EventQuery& query) = 0;  // oldest first

  // Text that a command keeps for the next one, by name: no decision looks at it. Nothing: never kept.
  virtual Result<std::optional<std::string>> kept(const std::string& name) = 0;
  virtual Result<void> keep(const std::string& name, const std::string& text) = 0;
};

}  // namespace tide::store
