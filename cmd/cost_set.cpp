#include "cmd/changing.hpp"
#include "cmd/commands.hpp"

#include <tide/core/spend.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <limits>
#include <memory>
#include <optional>

namespace tide::cmd {

namespace {

constexpr const char* k_told = "as told";  // in place of a pool; no pool is called so
constexpr std::size_t k_month_length = 7;  // of "2026-11"

struct CostSetOptions {
  std::string day;
  std::string month;
};

struct Told {
  std::optional<std::int64_t> day;
  std::optional<std::int64_t> month;
};

Result<std::optional<std::int64_t>> amount(const char* option, const std::string& text) {
  if (text.empty()) return std::optional<std::int64_t>();
  const auto micros = parse_money_micros(text);
  if (micros && *micros >= 0) return std::optional<std::int64_t>(*micros);
  return make_error(ErrorKind::usage, "{} '{}' is no amount of money", option, printable(text, 40))
      .with_hint("Write it as 12 or 12.50.");
}

Result<Told> read(const CostSetOptions& options, const std::string& today) {
  Told told;
  TIDE_TRY_ASSIGN(told.day, amount("--day", options.day));
  TIDE_TRY_ASSIGN(told.month, amount("--month", options.month));
  if (!told.day && !told.month)
    return make_error(ErrorKind::usage, "nothing to set").with_hint("Say --day AMOUNT, --month AMOUNT, or both.");
  constexpr std::int64_t k_most = std::numeric_limits<std::int64_t>::max() / 3600 / 2;  // kept times seconds
  for (const auto& amount : {told.day, told.month}) {
    if (amount && *amount > k_most)
      return make_error(ErrorKind::usage, "{} is more than tide counts", format_money(*amount))
          .with_hint(fmt::format("At most {}.", format_money(k_most)));
  }
  if (told.day && told.month && *told.day > *told.month) {
    return make_error(ErrorKind::usage, "a day of {} is more than its month of {}", format_money(*told.day),
                      format_money(*told.month))
        .with_hint("The month counts today too.");
  }
  if (today.ends_with("-01") && told.day && told.month && *told.day != *told.month)
    return make_error(ErrorKind::usage, "today is the first of its month (UTC): both are the same")
        .with_hint("Say one of the two.");
  return told;
}

// As a row of its own: what passes counted stays as they counted it.
void set_row(core::Memory& memory, const std::string& day, std::string_view span, std::int64_t micros) {
  core::Spend& row = memory.spend[fmt::format("{}/{}", day, k_told)];
  row.micros_seconds = 0;
  row.micros_seconds = (micros - core::spent_in(memory, span)) * 3600;
}

Result<void> check_lost(const core::Memory& memory, const core::Money& money, const Told& told) {
  if (!memory.spend_lost) return {};
  const char* missing = money.per_day_micros && !told.day       ? "--day"
                        : money.per_month_micros && !told.month ? "--month"
                                                                : nullptr;
  if (missing == nullptr) return {};
  return make_error(ErrorKind::usage, "what was spent was lost with the store, and its cap needs {} too", missing)
      .with_hint("Your cloud's bill says what it was; a guess that is too high is the safe one.");
}

Result<core::ExitCode> run_cost_set(Context& context, const CostSetOptions& options) {
  TIDE_TRY(context.config());
  const std::string today = core::day_of(context.process().clock.now());
  TIDE_TRY_ASSIGN(const Told told, read(options, today));
  const std::string month = today.substr(0, k_month_length);
  std::string what = "take as spent";
  if (told.day) what += fmt::format(" {} on {}", format_money(*told.day), today);
  if (told.month) what += fmt::format("{} {} in {}", told.day ? "," : "", format_money(*told.month), month);
  return edit_memory(context, "cost-set", what, [&](core::Memory& memory) -> Result<void> {
    const bool first_of_month = today.ends_with("-01");
    TIDE_TRY(
        check_lost(memory, context.settings().money,
                   first_of_month ? Told{told.day ? told.day : told.month, told.month ? told.month : told.day} : told));
    if (told.day) set_row(memory, today, today, *told.day);
    if (told.month) set_row(memory, month + "-01", month, *told.month);
    memory.spend_lost.reset();
    return {};
  });
}

}  // namespace

CommandSpec cost_set_command() {
  auto options = std::make_shared<CostSetOptions>();
  return {.name = "cost set",
          .group = Group::repair,
          .summary = "Say what was spent: after a lost store, or by the cloud's bill",
          .options = {{"--day", "AMOUNT", "Spent today (UTC) so far", &options->day},
                      {"--month", "AMOUNT", "Spent this calendar month (UTC) so far, today included", &options->month}},
          .run = [options](Context& context) { return run_cost_set(context, *options); },
          .changes = true};
}

}  // namespace tide::cmd
