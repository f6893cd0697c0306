#include <tide/batch/htcondor/htcondor.hpp>

#include <tide/batch/htcondor/words.hpp>
#include <tide/batch/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

// Holding without killing. condor_drain lets jobs finish only as long as MaxJobRetirementTime allows, by default not at
// all; condor_off -peaceful always does, and cannot be taken back before the node is empty.
namespace tide::batch::htcondor {

namespace {

// Longer than any job: a drain then ends none.
constexpr std::int64_t k_retirement_min = 365LL * 86'400;

}  // namespace

Result<Condor::Found> Condor::find(const core::NodeName& node) {
  TIDE_TRY(check_node_name(node));
  const std::string constraint = fmt::format("Machine == \"{0}\" || TideNode == \"{0}\"", node.value);
  SlotBuilder builder({.now = m_clock.now(), .silent_after = m_options.silent_after, .wanted = {}});
  TIDE_TRY_ASSIGN(std::vector<core::Node> nodes, read_slots(builder, constraint));
  TIDE_TRY_ASSIGN(std::vector<MasterAd> all, masters(constraint));
  Found found;
  for (core::Node& one : nodes) {
    if (one.name != node) continue;
    found.drain = builder.drains().at(node);
    found.node = std::move(one);
  }
  const std::string machine = found.node ? found.drain.machine : "";
  for (MasterAd& master : all) {
    const bool same =
        machine.empty() ? master.startd_since == 0 : master.machine == machine && master.startd_since >= 0;
    if (same) found.master = std::move(master);
  }
  return found;
}

Result<void> Condor::change(const process::Command& command) {
  TIDE_TRY_ASSIGN(const process::Finished finished, run(command));
  if (finished.exit_code == 0 && finished.signal == 0) return {};
  return failure(command, finished);
}

Result<void> Condor::drain(const Found& found, const std::string& note) {
  std::vector<std::string> where;
  if (!m_options.pool.empty()) where = {"-pool", m_options.pool};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> all = where;
    all.insert(all.end(), more.begin(), more.end());
    return command(m_options.bin_drain, std::move(all));
  };
  if (found.drain.draining) {
    if (found.drain.reason == note) return {};
    TIDE_TRY(change(with({"-cancel", found.drain.machine})));  // a drain's reason cannot be changed
  }
  return change(with({"-graceful", "-reason", note, found.drain.machine}));
}

Result<void> Condor::turn_off(const Found& found) {
  std::vector<std::string> arguments;
  if (!m_options.pool.empty()) arguments = {"-pool", m_options.pool};
  const std::string& name = found.master ? found.master->name : found.drain.machine;
  arguments.insert(arguments.end(), {"-peaceful", "-name", name, "-daemon", "startd"});
  return change(command(m_options.bin_off, std::move(arguments)));
}

Result<void> Condor::add(const NodeSpec& node) { return check_node_name(node.name); }

Result<void> Condor::set_address(const core::NodeName& node, const std::string& /*address*/) {
  return check_node_name(node);
}

Result<void> Condor::hold(const core::NodeName& node, const std::string& note) {
  TIDE_TRY(check_note(note));
  TIDE_TRY_ASSIGN(const Found found, find(node));
  if (!found.node) {
    if (found.master) return {};  // off already
    return make_error(ErrorKind::not_found, "node '{}' is not known to the collector", node.value);
  }
  if (found.drain.retiring) return {};
  if (found.drain.retirement_seconds >= k_retirement_min) return drain(found, note);
  return turn_off(found);
}

Result<void> Condor::release(const core::NodeName& node) {
  TIDE_TRY_ASSIGN(const Found found, find(node));
  std::vector<std::string> arguments;
  if (!m_options.pool.empty()) arguments = {"-pool", m_options.pool};
  if (!found.node) {
    if (!found.master) return make_error(ErrorKind::not_found, "node '{}' is not known to the collector", node.value);
    arguments.insert(arguments.end(), {"-name", found.master->name, "-daemon", "startd"});
    return change(command(m_options.bin_on, std::move(arguments)));
  }
  if (found.drain.retiring) {
    return make_error(ErrorKind::refused, "node '{}' is being turned off peacefully, which cannot be taken back",
                      node.value)
        .with_hint("Wait until it is off; then it can be turned on again.");
  }
  if (!found.drain.draining) return {};
  arguments.insert(arguments.end(), {"-cancel", found.drain.machine});
  return change(command(m_options.bin_drain, std::move(arguments)));
}

// Its ads go with its daemons, or run out; there is no entry to take away.
Result<void> Condor::remove(const core::NodeName& node) {
  TIDE_TRY_ASSIGN(const Found found, find(node));
  if (!found.node || found.drain.jobs.empty()) return {};
  return make_error(ErrorKind::refused, "node '{}' still has {} jobs", node.value, found.drain.jobs.size())
      .with_peer(printable(found.drain.jobs.front(), 80));
}

}  // namespace tide::batch::htcondor
