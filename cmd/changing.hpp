#pragma once

#include "cmd/context.hpp"

#include <tide/engine/wish_loop.hpp>

#include <functional>
#include <set>
#include <string>

namespace tide::cmd {

// The cluster's lock for this process; `command` is what others are told while it is held.
engine::TryLock try_lock(Context& context, const std::string& command);

// Waits for the lock up to --timeout, naming the holder once; --no-wait: fails at once.
Result<std::shared_ptr<void>> take_lock(Context& context, const std::string& command);

// A wish of this person, with a fresh ID.
core::Wish make_wish(Context& context, core::WishKind kind);

// While a wish is waited for: says once of each thing that a pass finds wrong or fails in, and, on a terminal, what the
// wish still waits for whenever that changes.
class PassTeller {
 public:
  PassTeller(Context& context, const core::Wish& wish) : m_context(context), m_wish(wish) {}
  void operator()(const engine::PassReport& report);

 private:
  std::string waiting(const core::Plan& plan) const;
  Context& m_context;
  const core::Wish& m_wish;
  std::set<std::string> m_told;
  std::string m_waiting;
};

// What is wrong at the end of a wish, and what planning declined of it.
void tell_report(Context& context, const engine::WishReport& report, const core::WishId& wish);

// Carries a wish out as the options say (--no-wait, --timeout, --dry-run), shows what came of it, and gives the exit
// code.
struct CarryOptions {
  std::optional<std::chrono::seconds> patience{900};    // unless --timeout says so; nothing: for ever
  std::string deadline;                                 // of waiting, before --timeout; "" for none
  std::function<void(const engine::PassReport&)> pass;  // after each pass; may be empty
};
Result<core::ExitCode> carry_out(Context& context, const core::Wish& wish, bool until_gone, const std::string& schema,
                                 const CarryOptions& more = {});

// Whose rows a command changes: those that passes write too, or such as only commands do.
enum class Rows { shared, own };

// Changes what the store remembers, under the lock, so that no pass that knows nothing of it still runs afterwards; own
// rows are changed at once with --no-wait. With --dry-run only says `what`.
Result<core::ExitCode> edit_memory(Context& context, const std::string& command, const std::string& what,
                                   const std::function<Result<void>(core::Memory&)>& change, Rows rows = Rows::shared);

// An unknown word, with the nearest known one as a hint.
Error unknown(const std::string& what, const std::string& word, const std::vector<std::string>& known,
              const std::string& where);

}  // namespace tide::cmd
