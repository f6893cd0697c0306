#pragma once

#include <tide/core/fit.hpp>
#include <tide/core/reservations.hpp>
#include <tide/core/world.hpp>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace tide::core {

// Why not more, or not at all.
struct Bound {
  int machines = 0;
  RuleId rule;
  std::string text;
  ErrorKind kind = ErrorKind::refused;
};

// Collects the launches of one pass under every limit and cap; all that is live, intended and already ordered counts.
class Buyer {
 public:
  explicit Buyer(World& world);

  // How many machines of this pool may be ordered now. `whole`: a multi-node job of that many, launched at once; larger
  // than the limit per pass it is launched alone.
  // A person's launch is not bound by the limit per pass.
  struct Asking {
    int whole = 0;
    bool person = false;
  };
  Bound allowance(const Pool& pool, const Asking& asking) const;

  struct Order {
    int count = 1;
    bool whole = false;  // all or none, one call where the cloud can
    std::string because;
    RuleId rule;
    WishId wish;
    std::function<bool(const Choice&)> only = {};  // of the pool's choices; empty: any
  };
  // Is there a choice, not at rest and within the cap, that this takes?
  bool offers(const Pool& pool, const std::function<bool(const Choice&)>& only) const;

  // What the next machine of the pool would cost; nothing if that is not known.
  std::optional<std::int64_t> price_of_next(const Pool& pool) const;

  // How many of the next machines of the pool are paid for in advance.
  int reserved(const Pool& pool) const;

  // The caller has asked for the allowance.
  void order(const Pool& pool, const Order& order);

  // Machines ordered so far, of one pool or of all.
  int ordered(const PoolName* pool) const;

  // Turns the orders into Launch actions: names, types, zones, calls of the size that the cloud takes. `rule` of each
  // order is the action's. Orders that find no names are declined. A pass for one wish places only that wish's.
  void place_orders();

 private:
  std::vector<std::pair<std::int64_t, std::string>> quota_left(const Pool& pool) const;
  Bound blocked(const Pool& pool) const;
  void narrow_by_money(const Pool& pool, Bound& bound) const;
  std::vector<Choice> choices(const Pool& pool) const;
  std::vector<Choice> free_choices(const Pool& pool) const;
  int put_reserved_first(const Pool& pool, const FreeReservations& free, std::vector<Choice>& choices) const;
  Bound all_rest(const Pool& pool) const;
  int call_max(const Pool& pool) const;
  Result<LaunchRequest> request_for(const Pool& pool, std::vector<Choice> choices, std::vector<std::string> names,
                                    const Order& order, int count) const;
  int start_again(const Pool& pool, const Order& order);  // how many
  void place(const Pool& pool, const Order& order);

  World& m_world;
  std::vector<std::pair<PoolName, Order>> m_orders;
  std::map<CloudName, FreeReservations> m_reserved;  // beside what is ordered
  std::map<CloudName, FreeReservations> m_unplaced;  // beside what is placed
  std::set<NodeName> m_taken;
  int m_live = 0;
  std::int64_t m_cost_micros = 0;
  bool m_unpriced = false;
};

}  // namespace tide::core
