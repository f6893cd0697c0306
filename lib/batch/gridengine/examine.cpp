#include <tide/batch/gridengine/gridengine.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::gridengine {

namespace {

constexpr const char* k_about = "batch system";

bool is_in_list(const std::vector<std::string>& list, const std::string& name) {
  return std::ranges::find(list, name) != list.end();
}

core::Finding examine_rights(const Result<std::vector<std::string>>& managers, const std::string& user) {
  if (!managers) return core::failed("rights", k_about, managers.error());
  if (is_in_list(*managers, user)) return core::fine("rights", k_about, fmt::format("'{}' is a manager", user));
  return core::failed("rights", k_about,
                      make_error(ErrorKind::batch, "'{}' is no manager of Grid Engine", user)
                          .with_hint(fmt::format("As one: qconf -am {}.", user)));
}

}  // namespace

core::Findings GridEngine::examine(const core::Settings& /*settings*/) {
  core::Findings findings{examine_rights(ask_list("-sm"), m_options.user)};
  const auto known_groups = ask_list("-shgrpl");
  if (!known_groups) findings.push_back(core::failed("host-group", k_about, known_groups.error()));
  for (const std::string& group : groups()) {
    if (!known_groups) break;
    findings.push_back(
        is_in_list(*known_groups, group)
            ? core::fine("host-group", k_about, group)
            : core::failed("host-group", k_about,
                           make_error(ErrorKind::config, "there is no host group '{}'", group)
                               .with_hint("Make it (qconf -ahgrp) and name it in the hostlist of the queue.")));
  }
  const auto known_queues = read_queue_names();
  if (!known_queues) findings.push_back(core::failed("queue", k_about, known_queues.error()));
  std::set<std::string> queues(m_options.queues.begin(), m_options.queues.end());
  for (const auto& [pool, theirs] : m_options.queues_of) queues.insert(theirs.begin(), theirs.end());
  for (const std::string& queue : queues) {
    if (!known_queues) break;
    findings.push_back(is_in_list(*known_queues, queue)
                           ? core::fine("queue", k_about, queue)
                           : core::failed("queue", k_about,
                                          make_error(ErrorKind::config, "there is no queue '{}'", queue)
                                              .with_hint("Set queue of [batch], or queues of the pools: " +
                                                         join(*known_queues, ", ") + ".")));
  }
  const auto complexes = read_complexes();
  if (!complexes) {
    findings.push_back(core::failed("marks", k_about, complexes.error()));
  } else if (m_options.names.note.empty() || !complexes->contains(m_options.names.note)) {
    findings.push_back(core::doubtful(
        "marks", k_about, "Grid Engine keeps no note with a hold, and the resource for tide's is not defined",
        "Add with 'qconf -mc': tide_note tide_note STRING == NO NO NONE 0. Without it, placeholders cannot be made, "
        "and holds are a person's once tide's store is lost."));
  } else {
    findings.push_back(core::fine("marks", k_about, fmt::format("holds are marked by '{}'", m_options.names.note)));
  }
  return findings;
}

}  // namespace tide::batch::gridengine
