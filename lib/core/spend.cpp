#include <tide/core/spend.hpp>

#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::core {

namespace {

constexpr std::size_t k_day_length = 10;  // of "2026-11-25"
constexpr Seconds k_kept{400L * 86'400};  // more than a year, so that one can be compared with the last
constexpr std::int64_t k_hour = 3600;

// How long it is since spending was last counted; nothing the first time.
std::optional<Seconds> gap_of(const SpendClock& last, TimePoint wall, const BootTime& boot) {
  const Seconds gap = last.boot.boot_id == boot.boot_id ? Seconds(boot.seconds - last.boot.seconds) : wall - last.wall;
  return std::max(gap, Seconds(0));
}

void add(Memory& memory, const Machine& machine, TimePoint from, TimePoint until) {
  while (from < until) {
    const TimePoint midnight = std::chrono::floor<std::chrono::days>(from) + std::chrono::days(1);
    const std::int64_t span = (std::min(midnight, until) - from).count();
    Spend& spend = memory.spend[fmt::format("{}/{}", day_of(from), machine.pool.value)];
    spend.machine_seconds += span;
    spend.micros_seconds += machine.price_micros * span;
    if (machine.price_micros == 0) spend.unpriced_seconds += span;
    from = std::min(midnight, until);
  }
}

}  // namespace

std::string day_of(TimePoint time) { return format_time(time).substr(0, k_day_length); }

std::int64_t micros_of(const Spend& spend) { return spend.micros_seconds / k_hour; }

std::int64_t spent_in(const Memory& memory, std::string_view days) {
  std::int64_t micros_seconds = 0;
  for (const auto& [key, spend] : memory.spend) micros_seconds += key.starts_with(days) ? spend.micros_seconds : 0;
  return micros_seconds / k_hour;
}

std::vector<SpanCap> span_caps(const Settings& settings, const Memory& memory, TimePoint now) {
  constexpr std::size_t k_month_length = 7;  // of "2026-11"
  const std::string day = day_of(now);
  std::vector<SpanCap> caps;
  if (settings.money.per_day_micros)
    caps.push_back({"[money] per_day", "per-day", *settings.money.per_day_micros, spent_in(memory, day)});
  if (settings.money.per_month_micros) {
    caps.push_back({"[money] per_month", "per-month", *settings.money.per_month_micros,
                    spent_in(memory, std::string_view(day).substr(0, k_month_length))});
  }
  return caps;
}

std::string spend_lost(const Memory& memory, const SpanCap& cap) {
  if (!memory.spend_lost) return "";
  return fmt::format(
      "{} = {}: what was spent before {} is not known, the store that counted it was lost; 'tide cost set' "
      "tells",
      cap.key, format_money(cap.limit), format_time(*memory.spend_lost));
}

Seconds counted_on(TimePoint now) {
  const TimePoint midnight = std::chrono::floor<std::chrono::days>(now) + std::chrono::days(1);
  return std::max(Seconds(midnight - now), Seconds(k_hour));
}

std::int64_t planned(std::int64_t micros_per_hour, TimePoint now) {
  return (micros_per_hour * counted_on(now).count() + k_hour - 1) / k_hour;
}

std::int64_t cost_so_far(const Machine& machine, TimePoint now) {
  const bool known = machine.launched_at.time_since_epoch().count() > 0;
  return known ? machine.price_micros * std::max<std::int64_t>(0, (now - machine.launched_at).count()) / k_hour : 0;
}

void count_spend(World& world) {
  Memory& memory = world.memory();
  const TimePoint now = world.snapshot.taken_at;
  const BootTime& boot = world.snapshot.memory.clock.boot;
  const auto gap = memory.spend_clock ? gap_of(*memory.spend_clock, now, boot) : std::nullopt;
  for (const Worker& worker : world.plan.workers) {
    const Machine* machine = world.machine(worker.id);
    if (machine == nullptr || !worker.ours || !is_paid_for(worker)) continue;
    if (worker.instance && is_request(*worker.instance)) continue;  // what waits costs nothing yet
    const bool dated = machine->launched_at.time_since_epoch().count() > 0;
    if (!dated && !gap) continue;
    const TimePoint since = gap ? now - *gap : machine->launched_at;
    add(memory, *machine, dated ? std::max(since, machine->launched_at) : since, now);
  }
  memory.spend_clock = SpendClock{.wall = now, .boot = boot};
  const std::string oldest = day_of(now - k_kept);
  std::erase_if(memory.spend, [&](const auto& row) { return row.first.substr(0, k_day_length) < oldest; });
}

}  // namespace tide::core
