#include <tide/batch/htcondor/htcondor.hpp>
#include <tide/batch/htcondor/words.hpp>
#include <tide/batch/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace tide::batch::htcondor {

namespace {

constexpr std::array<std::string_view, 1> k_schedds{"Scheduler"};
constexpr std::array<std::string_view, 2> k_machines{"Machine", "DaemonMaster"};

std::set<std::string> startds_of(const Machine& machine) {
  std::set<std::string> addresses;
  for (const Ad* slot : machine.slots) addresses.insert(slot->address);
  return addresses;
}

Error unknown_node(const core::NodeName& node) {
  return make_error(ErrorKind::not_found, "node '{}' is not known to HTCondor's collector", node.value);
}

}  // namespace

HtCondor::HtCondor(process::CommandRunner& runner, Clock& clock, CondorOptions options)
    : m_clock(clock), m_options(std::move(options)), m_commands(runner, m_options.environment, m_options.timeout) {}

process::Command HtCondor::command(const std::string& program, std::vector<std::string> arguments) const {
  if (!m_options.pool.empty()) arguments.insert(arguments.begin(), {"-pool", m_options.pool});
  return m_commands.command(program, std::move(arguments));
}

core::BatchTraits HtCondor::traits() const {
  return {.entries = core::NodeEntries::by_themselves, .hides_unregistered = false, .hold_has_note = true};
}

Result<Ads> HtCondor::read_ads(std::span<const std::string_view> types, const std::string& machine) {
  process::Command status = command(m_options.condor_status, ad_arguments(types, machine));
  status.input = ad_format(m_options.features);
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(status));
  if (failed(finished)) return failure(status, finished);
  auto ads = parse_ads(finished.output, m_options.features);
  if (!ads) return in_command(std::move(ads).error(), status);
  return ads;
}

Result<core::ServerIdentity> HtCondor::server() {
  TIDE_TRY_ASSIGN(const Ads ads, read_ads(k_schedds, ""));
  const std::string version = short_version(ads.collector.version);
  if (version.empty()) {
    return make_error(ErrorKind::protocol, "the collector '{}' does not say its version: '{}'", ads.collector.name,
                      ads.collector.version);
  }
  core::ServerIdentity server{.name = ads.collector.name, .version = version, .up_since = std::nullopt, .fresh = true};
  if (!ads.collector.up_since) return server;
  server.up_since = TimePoint{Seconds{*ads.collector.up_since}};
  server.fresh = ads.now - *ads.collector.up_since < m_options.warmup.count();
  return server;
}

Result<std::vector<core::Node>> HtCondor::nodes() {
  TIDE_TRY_ASSIGN(const Ads ads, read_ads(k_machines, ""));
  return nodes_of(ads, m_options.silent_after);
}

Result<std::vector<std::string>> HtCondor::find_schedds() {
  if (m_options.schedds.empty()) return std::vector<std::string>{""};
  if (m_options.schedds != std::vector<std::string>{"all"}) return m_options.schedds;
  TIDE_TRY_ASSIGN(const Ads ads, read_ads(k_schedds, ""));
  std::vector<std::string> names;
  for (const Ad& ad : ads.others) names.push_back(ad.name);
  std::ranges::sort(names);
  if (names.empty()) {
    return make_error(ErrorKind::unproven, "the collector '{}' knows no schedd", ads.collector.name)
        .with_hint("Name them in schedds of [batch].");
  }
  return names;
}

Result<core::JobQueue> HtCondor::jobs(bool all_ids) {
  TIDE_TRY_ASSIGN(const std::vector<std::string> schedds, find_schedds());
  QueueBuilder builder({.all_ids = all_ids, .now = m_clock.now(), .features = m_options.features});
  for (const std::string& schedd : schedds) TIDE_TRY(read_queue(builder, schedd));
  return builder.finish();
}

Result<void> HtCondor::read_queue(QueueBuilder& builder, const std::string& schedd) {
  std::vector<std::string> arguments{"-allusers", "-print-format", "-"};
  if (!schedd.empty()) arguments.insert(arguments.begin(), {"-name", schedd});
  process::Command queue = command(m_options.condor_q, std::move(arguments));
  queue.input = print_format(job_columns(), true);
  builder.begin(schedd.empty() ? "" : schedd + "#");
  const auto finished = m_commands.stream(queue, [&](std::string_view piece) { return builder.feed(piece); });
  if (!finished) return finished.error();
  if (failed(*finished)) return failure(queue, *finished);
  if (auto whole = builder.end(); !whole) return in_command(std::move(whole).error(), queue);
  return {};
}

Result<void> HtCondor::add(const NodeSpec& node) { return check_node_name(node.name); }

Result<void> HtCondor::set_address(const core::NodeName& node, const std::string& /*address*/) {
  return check_node_name(node);
}

// False where a job would not be left alone: the startd itself looks, and drains nothing then.
Result<bool> HtCondor::drain(const std::string& address, const std::string& note) {
  const std::string check =
      fmt::format("MaxJobRetirementTime >= {0} && (State =!= \"Claimed\" || RetirementTimeRemaining >= {0})",
                  m_options.drain_from.count());
  const process::Command drain =
      command(m_options.condor_drain, {"-graceful", "-reason", note, "-check", check, address});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(drain));
  if (!failed(finished) || says(finished, "Draining already in progress")) return true;
  if (finished.signal == 0 && says(finished, "check expression")) return false;
  return failure(drain, finished);
}

Result<void> HtCondor::cancel(const std::string& address) {
  const process::Command cancel = command(m_options.condor_drain, {"-cancel", address});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(cancel));
  if (failed(finished)) return failure(cancel, finished);
  return {};
}

// By a constraint: by its name, the tools would look the machine up in the head's DNS.
Result<void> HtCondor::switch_startd(const std::string& program, const core::NodeName& node) {
  std::vector<std::string> arguments{"-constraint", fmt::format("Machine == \"{}\"", node.value), "-daemon", "startd"};
  if (program == m_options.condor_off) arguments.insert(arguments.begin(), "-peaceful");
  const process::Command change = command(program, std::move(arguments));
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(change));
  if (failed(finished)) return failure(change, finished);
  if (says(finished, "to master")) return {};
  return make_error(ErrorKind::batch, "'{}' reached no condor_master", process::display(change))
      .with_hint("Its startd must run under a condor_master that advertises itself to the same collector.");
}

Result<void> HtCondor::hold_machine(const core::NodeName& node, const Machine& machine, const std::string& note) {
  const bool retires = std::ranges::all_of(
      machine.slots, [&](const Ad* slot) { return slot->retirement >= m_options.drain_from.count(); });
  if (!retires) return switch_startd(m_options.condor_off, node);
  for (const std::string& address : startds_of(machine)) {
    TIDE_TRY_ASSIGN(const bool drains, drain(address, note));
    // It started just now, or says itself that it may be evicted (max_job_retirement_time, nice_user): that holds for a
    // peaceful off too.
    if (drains) continue;
    return make_error(ErrorKind::refused, "a job on node '{}' would be evicted by holding it", node.value)
        .with_hint("Try again when the job has ended; tide does so in each pass that wants the node held.");
  }
  return {};
}

Result<void> HtCondor::hold(const core::NodeName& node, const std::string& note) {
  TIDE_TRY(check_node_name(node));
  TIDE_TRY(check_note(note));
  TIDE_TRY_ASSIGN(const Ads ads, read_ads(k_machines, node.value));
  const Machines machines = machines_of(ads);
  const auto found = machines.find(node.value);
  if (found == machines.end()) return unknown_node(node);
  const core::Node now = node_of(node.value, found->second, ads, m_options.silent_after);
  if (now.hold_is_final) return {};
  const bool drains = std::ranges::any_of(found->second.slots, [](const Ad* slot) { return slot->draining; });
  if (drains && now.note == note) return {};
  if (drains && !now.note.starts_with(core::k_note_prefix)) {
    return make_error(ErrorKind::refused, "node '{}' is drained already, by somebody else: '{}'", node.value, now.note);
  }
  if (found->second.slots.empty()) return switch_startd(m_options.condor_off, node);
  for (const std::string& address : startds_of(found->second)) {
    if (drains) TIDE_TRY(cancel(address));
  }
  return hold_machine(node, found->second, note);
}

Result<void> HtCondor::release(const core::NodeName& node) {
  TIDE_TRY(check_node_name(node));
  TIDE_TRY_ASSIGN(const Ads ads, read_ads(k_machines, node.value));
  const Machines machines = machines_of(ads);
  const auto found = machines.find(node.value);
  if (found == machines.end()) return unknown_node(node);
  if (found->second.is_off()) return switch_startd(m_options.condor_on, node);
  if (node_of(node.value, found->second, ads, m_options.silent_after).hold_is_final) {
    return make_error(ErrorKind::refused, "node '{}' shuts down peacefully, which cannot be cancelled", node.value)
        .with_hint("Once its jobs are done and its state is Off, release it again.");
  }
  std::set<std::string> draining;
  for (const Ad* slot : found->second.slots) {
    if (slot->draining) draining.insert(slot->address);
  }
  for (const std::string& address : draining) TIDE_TRY(cancel(address));
  return {};
}

// Its own ads are its entry: they go with it, or when their lifetime is over.
Result<void> HtCondor::remove(const core::NodeName& node) {
  TIDE_TRY(check_node_name(node));
  TIDE_TRY_ASSIGN(const Ads ads, read_ads(k_machines, node.value));
  const Machines machines = machines_of(ads);
  const auto found = machines.find(node.value);
  if (found == machines.end()) return {};
  const core::Node now = node_of(node.value, found->second, ads, m_options.silent_after);
  if (now.responding && now.slots_used > 0)
    return make_error(ErrorKind::refused, "node '{}' still has jobs", node.value).with_peer(now.state);
  return {};
}

}  // namespace tide::batch::htcondor
