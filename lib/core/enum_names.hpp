#pragma once

#include <tide/core/plan.hpp>

#include <array>
#include <optional>
#include <string_view>

namespace tide::core {

// The words for each enumerator, in its order: one spelling for tables, JSON, snapshots and the store.
template <typename Enum>
struct EnumNames;

template <>
struct EnumNames<Waiting> {
  static constexpr std::array<std::string_view, 9> k_names{
      "eligible", "held", "dependent", "deferred", "limited", "queue_closed", "node_bound", "failed", "unknown"};
};
template <>
struct EnumNames<InstanceState> {
  static constexpr std::array<std::string_view, 7> k_names{"pending", "running", "stopping", "stopped",
                                                           "gone",    "failed",  "unknown"};
};
template <>
struct EnumNames<Market> {
  static constexpr std::array<std::string_view, 2> k_names{"on-demand", "spot"};
};
template <>
struct EnumNames<Reach> {
  static constexpr std::array<std::string_view, 6> k_names{"usual", "offer", "place", "family", "market", "account"};
};
template <>
struct EnumNames<IntentState> {
  static constexpr std::array<std::string_view, 3> k_names{"open", "accepted", "refused"};
};
template <>
struct EnumNames<HoldKind> {
  static constexpr std::array<std::string_view, 3> k_names{"joining", "end", "keep"};
};
template <>
struct EnumNames<WishKind> {
  static constexpr std::array<std::string_view, 8> k_names{"launch",  "terminate", "kill_node", "drain",
                                                           "undrain", "drain_all", "adopt",     "disown"};
};
template <>
struct EnumNames<Phase> {
  static constexpr std::array<std::string_view, 20> k_names{
      "requested", "pending",     "booting", "joining", "idle",   "busy",   "draining",
      "drained",   "stopping",    "stopped", "gone",    "failed", "lost",   "unfit",
      "down",      "interrupted", "unclear", "orphan",  "held",   "foreign"};
};
template <>
struct EnumNames<NodeEntries> {
  static constexpr std::array<std::string_view, 3> k_names{"by_themselves", "before_launch", "with_address"};
};
template <>
struct EnumNames<Verdict> {
  static constexpr std::array<std::string_view, 3> k_names{"fits", "launching", "not_counted"};
};

template <typename Enum>
concept Named = requires {
  EnumNames<Enum>::k_names;
};

template <Named Enum>
constexpr std::string_view to_string(Enum value) {
  return EnumNames<Enum>::k_names.at(static_cast<std::size_t>(value));
}

template <Named Enum>
constexpr std::optional<Enum> enum_from(std::string_view text) {
  for (std::size_t i = 0; i < EnumNames<Enum>::k_names.size(); ++i) {
    if (EnumNames<Enum>::k_names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace tide::core
