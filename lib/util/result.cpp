#include <tide/util/result.hpp>

#include <array>

namespace tide {

namespace {

struct KindName {
  ErrorKind kind;
  std::string_view name;
};

constexpr std::array k_kinds{
    KindName{ErrorKind::unexpected, "unexpected"},
    KindName{ErrorKind::usage, "usage"},
    KindName{ErrorKind::not_found, "not_found"},
    KindName{ErrorKind::config, "config"},
    KindName{ErrorKind::io, "io"},
    KindName{ErrorKind::refused, "refused"},
    KindName{ErrorKind::lock_held, "lock_held"},
    KindName{ErrorKind::money, "money"},
    KindName{ErrorKind::timeout, "timeout"},
    KindName{ErrorKind::batch, "batch"},
    KindName{ErrorKind::unproven, "unproven"},
    KindName{ErrorKind::protocol, "protocol"},
    KindName{ErrorKind::stranger, "stranger"},
    KindName{ErrorKind::retry, "retry"},
    KindName{ErrorKind::throttled, "throttled"},
    KindName{ErrorKind::capacity, "capacity"},
    KindName{ErrorKind::quota, "quota"},
    KindName{ErrorKind::auth, "auth"},
    KindName{ErrorKind::bad_request, "bad_request"},
    KindName{ErrorKind::eventual, "eventual"},
    KindName{ErrorKind::unsent, "unsent"},
    KindName{ErrorKind::unknown, "unknown"},
};

}  // namespace

std::string_view to_string(ErrorKind kind) {
  for (const auto& entry : k_kinds) {
    if (entry.kind == kind) return entry.name;
  }
  return "unexpected";
}

std::optional<ErrorKind> error_kind_from(std::string_view text) {
  for (const auto& entry : k_kinds) {
    if (entry.name == text) return entry.kind;
  }
  return std::nullopt;
}

Error Error::with_context(std::string line) && {
  context.insert(context.begin(), std::move(line));
  return std::move(*this);
}

Error Error::with_peer(std::string line) && {
  context.push_back(std::move(line));
  return std::move(*this);
}

Error Error::with_hint(std::string text) && {
  hint = std::move(text);
  return std::move(*this);
}

}  // namespace tide
