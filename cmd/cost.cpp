#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/show.hpp"
#include "cmd/when.hpp"

#include <tide/core/spend.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <memory>

namespace tide::cmd {

namespace {

struct CostOptions {
  std::string since;
  std::string pool;
};

// "3.50": hours to two decimals, never in floating point.
std::string hours_text(std::int64_t seconds) {
  return fmt::format("{}.{:02}", seconds / 3600, seconds % 3600 * 100 / 3600);
}

// "7d" or "2026-11-01" or a moment: the first day that is meant; "" all.
Result<std::string> first_day(Context& context, const std::string& since) {
  if (since.empty()) return std::string();
  const TimePoint now = context.process().clock.now();
  if (const auto span = parse_duration(since)) return core::day_of(now - *span);
  if (parse_time(since + "T00:00:00Z")) return since;
  TIDE_TRY_ASSIGN(const TimePoint moment, parse_when("--since", since, now, When::past));
  return core::day_of(moment);
}

std::vector<output::Cell> row_of(std::string first, output::Cell second, const core::Spend& spend) {
  return {std::move(first),
          std::move(second),
          spend.machine_seconds,
          hours_text(spend.machine_seconds),
          format_money(core::micros_of(spend)),
          spend.unpriced_seconds,
          spend.unpriced_seconds > 0
              ? output::Cell(hours_text(spend.unpriced_seconds) + " h without a price: set [pools.x] price")
              : output::Cell()};
}

void add(core::Spend& sum, const core::Spend& more) {
  sum.machine_seconds += more.machine_seconds;
  sum.unpriced_seconds += more.unpriced_seconds;
  sum.micros_seconds += more.micros_seconds;
}

output::Section section_of(std::string name, output::Column first, output::Column second, const std::string& currency) {
  return {.name = std::move(name),
          .columns = {std::move(first),
                      std::move(second),
                      {"machine_seconds", ""},
                      {"machine_hours", "MACHINE HOURS"},
                      {"cost", currency},
                      {"unpriced_seconds", ""},
                      {"why", "NOT COUNTED", true}},
          .rows = {},
          .empty = ""};
}

// What is spent of each cap of a day or a month, as of the last pass; the cap of an hour is what runs now: 'tide info'.
output::Section section_of_caps(const core::Settings& settings, const core::Memory& memory, TimePoint now) {
  output::Section section{
      .name = "caps",
      .columns = {{"cap", "CAP"}, {"spent", "SPENT"}, {"limit", "LIMIT"}, {"left", "LEFT"}, {"why", "WHY", true}},
      .rows = {},
      .empty = ""};
  for (const core::SpanCap& cap : core::span_caps(settings, memory, now)) {
    const std::string lost = core::spend_lost(memory, cap);
    const std::int64_t left = lost.empty() ? std::max<std::int64_t>(0, cap.limit - cap.spent) : 0;
    section.rows.push_back({cap.key, format_money(cap.spent), format_money(cap.limit), format_money(left),
                            lost.empty() ? output::Cell() : output::Cell(lost)});
  }
  return section;
}

Result<core::ExitCode> run_cost(Context& context, const CostOptions& options) {
  TIDE_TRY(context.config());
  TIDE_TRY_ASSIGN(const std::string since, first_day(context, options.since));
  TIDE_TRY_ASSIGN(store::Store * store, context.store());
  TIDE_TRY_ASSIGN(const core::Memory memory, store->load());
  const std::string currency = context.settings().money.currency;
  output::Section days = section_of("days", {"day", "DAY"}, {"pool", "POOL"}, currency);
  output::Section totals = section_of("totals", {"pool", "IN ALL"}, {"days", "DAYS"}, currency);
  days.empty = "No machine has been counted.";
  std::map<std::string, core::Spend> pools;
  std::map<std::string, std::int64_t> days_of;
  core::Spend all;
  std::vector<std::string> known;
  for (const auto& [pool, settings] : context.settings().pools) known.push_back(pool.value);
  for (const auto& [key, spend] : memory.spend) {
    const std::size_t slash = key.find('/');
    const std::string day = key.substr(0, slash);
    const std::string pool = key.substr(slash + 1);
    known.push_back(pool);
    if (day < since || (!options.pool.empty() && pool != options.pool)) continue;
    days.rows.push_back(row_of(day, pool, spend));
    add(pools[pool], spend);
    add(all, spend);
    ++days_of[pool];
  }
  if (!options.pool.empty() && std::ranges::find(known, options.pool) == known.end())
    return unknown("pool", options.pool, known, "tide cost");
  for (const auto& [pool, spend] : pools) totals.rows.push_back(row_of(pool, days_of[pool], spend));
  if (pools.size() > 1) totals.rows.push_back(row_of("all pools", output::Cell(), all));
  output::Document document{.schema = "tide.cost/1",
                            .taken_at = memory.spend_clock ? memory.spend_clock->wall : context.process().clock.now(),
                            .exit = core::ExitCode::done,
                            .sources = {},
                            .sections = {std::move(days), std::move(totals),
                                         section_of_caps(context.settings(), memory, context.process().clock.now())}};
  output::show(context, document);
  return core::ExitCode::done;
}

}  // namespace

CommandSpec cost_command() {
  auto options = std::make_shared<CostOptions>();
  return {.name = "cost",
          .group = Group::look,
          .summary = "What machines have cost, by pool and day, as passes counted it",
          .options = {{"--since", "WHEN", "From that day on: 7d, 2026-11-01; days are UTC's", &options->since},
                      {"--pool", "POOL", "Only this pool", &options->pool, false, Complete::pool}},
          .run = [options](Context& context) { return run_cost(context, *options); }};
}

}  // namespace tide::cmd
