#include "cmd/leave/remains.hpp"

#include "cmd/changing.hpp"

#include <tide/core/enum_names.hpp>
#include <tide/util/files.hpp>

#include <algorithm>
#include <filesystem>

namespace tide::cmd::leave {

namespace {

Result<void> note(Context& context, store::Store& store, const core::Memory& memory, const std::string& subject,
                  const std::string& what) {
  const store::Event event{.at = context.process().clock.now(),
                           .pass = memory.passes,
                           .type = "leave",
                           .subject = subject,
                           .rule = "person",
                           .text = fmt::format("{} by {}", what, context.user())};
  context.say(fmt::format("tide: {}", what));
  return store.append(std::span(&event, 1));
}

// Of a pool of this configuration. "physics-gpu-small-placeholder" may be that of cluster "physics" and a pool that
// went since, or of cluster "physics-gpu": a person knows.
bool is_own_placeholder(const core::Node& node, const core::Settings& settings) {
  return node.placeholder && std::ranges::any_of(settings.pools, [&](const auto& entry) {
           return node.name.value == fmt::format("{}-{}-placeholder", settings.cluster, entry.first.value);
         });
}
bool may_be_own_placeholder(const core::Node& node, const std::string& cluster) {
  return node.placeholder && node.name.value.starts_with(cluster + "-") && node.name.value.ends_with("-placeholder");
}

using Row = std::vector<output::Cell>;

// Whoever starts passes, as examples/ install it: not ours to stop, for it may serve other clusters too.
void add_timers(std::vector<Row>& rows) {
  std::error_code ignored;
  const std::filesystem::path units = "/etc/systemd/system/multi-user.target.wants";
  for (const auto& entry : std::filesystem::directory_iterator(units, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("tide@") && name.ends_with(".service"))
      rows.push_back({"daemon", entry.path().string(), fmt::format("systemctl disable --now {}", name)});
  }
  const std::string timer = "/etc/systemd/system/timers.target.wants/tide-scale-once.timer";
  if (std::filesystem::is_symlink(timer, ignored) || file_exists(timer))
    rows.push_back({"timer", timer, "systemctl disable --now tide-scale-once.timer"});
  const std::string cron = "/etc/cron.d/tide";
  if (file_exists(cron)) rows.push_back({"cron", cron, fmt::format("rm {}", cron)});
}

}  // namespace

Result<void> take_out(Context& context, const core::Snapshot& snapshot, bool keep) {
  const bool dry_run = context.options().dry_run;
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!dry_run));
  std::shared_ptr<void> held;
  if (!dry_run) {
    TIDE_TRY_ASSIGN(held, take_lock(context, "leave"));
  }
  if (snapshot.nodes) {
    for (const core::Node& node : *snapshot.nodes) {
      if (!is_own_placeholder(node, context.settings())) {
        if (may_be_own_placeholder(node, context.settings().cluster))
          context.say(
              fmt::format("tide: placeholder '{}' stays: no pool of this configuration has it", node.name.value));
        continue;
      }
      if (dry_run) {
        context.say(fmt::format("tide: placeholder '{}' would go", node.name.value));
        continue;
      }
      TIDE_TRY(ports->batch.remove(node.name));
      TIDE_TRY(note(context, ports->store, snapshot.memory, node.name.value,
                    fmt::format("placeholder '{}' is taken out", node.name.value)));
    }
  }
  if (ports->names == nullptr || keep) return {};
  TIDE_TRY_ASSIGN(const std::vector<core::HostEntry> lines, ports->names->read());
  if (lines.empty()) return {};
  if (dry_run) {
    context.say(fmt::format("tide: {} names would go from the table of names", lines.size()));
    return {};
  }
  TIDE_TRY(ports->names->write({}));
  return note(context, ports->store, snapshot.memory, "",
              fmt::format("tide's part of the table of names is taken out, {} lines", lines.size()));
}

output::Section remains(Context& context, const core::Snapshot& snapshot, const std::vector<core::Worker>& machines,
                        bool keep) {
  output::Section section{.name = "remains",
                          .columns = {{"what", "REMAINS"}, {"where", "WHERE"}, {"remove", "TO REMOVE IT"}},
                          .rows = {},
                          .empty = "Nothing of tide's remains."};
  for (const core::Worker& worker : machines) {
    const std::string name = worker.name.empty() ? worker.id.value : worker.name.value;
    section.rows.push_back({fmt::format("machine, {}", core::to_string(worker.phase)), name,
                            worker.name.empty() ? fmt::format("tide terminate {}", name)
                                                : fmt::format("tide kill-node {}, or tide leave again", name)});
  }
  if (snapshot.nodes) {
    for (const core::Node& node : *snapshot.nodes) {
      const bool ours = std::ranges::find(machines, node.name, &core::Worker::name) != machines.end();
      if (node.held && !node.placeholder && !ours && node.note.starts_with(core::k_note_prefix))
        section.rows.push_back({"hold", node.name.value, fmt::format("release it in {}", context.settings().batch)});
    }
  }
  const auto config = context.config();
  if (!config) return section;
  if (keep && !(*config)->names.file.empty()) {
    section.rows.push_back({"names of machines that run on", (*config)->names.file,
                            fmt::format("the lines between '# tide:{0} begin' and '# tide:{0} end', once they are gone",
                                        context.settings().cluster)});
  }
  add_timers(section.rows);
  section.rows.push_back({"configuration", (*config)->path, fmt::format("rm {}", (*config)->path)});
  section.rows.push_back(
      {"history, spending, logs", (*config)->state_dir, fmt::format("rm -r {}", (*config)->state_dir)});
  return section;
}

}  // namespace tide::cmd::leave
