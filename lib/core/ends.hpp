#pragma once

#include <tide/core/world.hpp>

namespace tide::core {

// How many machines rules may still hold, or end beside those that an earlier rule of this pass ends; a person's wish
// is not bound by it.
class EndBudget {
 public:
  explicit EndBudget(const World& world);
  bool take();  // false once nothing is left
  int limit() const { return m_limit; }

 private:
  int m_limit = 0;
  int m_left = 0;
};

// May a rule (no person) end or hold this worker at all in this pass? Declines with the reason if not.
bool rules_may_touch(World& world, const Worker& worker);

// Did the cloud say lately that it does not let this machine be ended? Declines with what to do if so.
bool end_is_refused(World& world, const Worker& worker);

// Did a person release our hold of it within idle_time?
bool is_left_alone(const World& world, const Worker& worker);

// Silent nodes of ours and others', but for those that tide is ending.
struct Silence {
  std::ptrdiff_t silent = 0;
  std::ptrdiff_t all = 0;
  bool together = false;  // so many that it is the head's or the network's trouble
};
Silence count_silent(const World& world);

// A drain: a hold that ends in an end. The row's note is "tide: end RULE: WHY".
Hold make_keep(const World& world, const Worker& worker, const Wish& wish);  // a bare hold: "tide: keep BY: REASON"
Hold make_drain(const World& world, const Worker& worker, const RuleId& rule, const std::string& why, bool cancellable);

}  // namespace tide::core
