#include <tide/batch/torque/server_status.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::torque {

namespace {

bool is_true(std::string_view text) { return to_lower(text) == "true"; }

// TORQUE's versions are 2.x to 7.x, or "master"; OpenPBS's and PBS Pro's 10.x to 23.x, and only they have licences.
bool is_openpbs(const pbs::Attributes& server) {
  constexpr std::array<std::string_view, 4> k_theirs{"license_count", "pbs_license_info", "eligible_time_enable",
                                                     "resv_enable"};
  if (std::ranges::any_of(k_theirs, [&](std::string_view key) { return !server[key].empty(); })) return true;
  const std::string_view version = server["pbs_version"];
  std::string_view number = version.substr(0, version.find('.'));
  if (number.starts_with("PBSPro_") || number.starts_with("OpenPBS_")) return true;
  const auto major = parse_integer(number);
  return major && *major >= 10;
}

}  // namespace

bool ServerStatus::shows_all_to(std::string_view user, bool is_root) const {
  return shows_all || is_powerful(user, is_root);
}

bool ServerStatus::is_powerful(std::string_view user, bool is_root) const {
  if (is_root) return true;
  const auto entries = split(powerful, ',');
  return std::ranges::any_of(entries, [&](std::string_view entry) {
    const std::string_view who = trim(entry.substr(0, entry.find('@')));
    return who == user || who == "*";
  });
}

Result<ServerStatus> parse_server(std::string_view text) {
  TIDE_TRY_ASSIGN(const auto blocks, pbs::parse_attributes(text, "Server"));
  if (blocks.empty()) return make_error(ErrorKind::unproven, "it names no server");
  if (blocks.size() > 1) return make_error(ErrorKind::protocol, "it names {} servers", blocks.size());
  const pbs::Attributes& block = blocks.front();
  ServerStatus server;
  server.name = printable(block.name, 253);
  server.version = printable(block["pbs_version"], 40);
  if (is_openpbs(block)) {
    return make_error(ErrorKind::config, "server '{}' is OpenPBS {}, and [cluster] batch is \"torque\"", server.name,
                      server.version)
        .with_hint("Set batch to \"openpbs\".");
  }
  const auto unfinished = pbs::count_unfinished(block["state_count"]);
  if (!unfinished || server.version.empty()) {
    return make_error(ErrorKind::protocol, "it gives server '{}' no state_count or no pbs_version", server.name);
  }
  server.unfinished = *unfinished;
  server.scheduling = is_true(block["scheduling"]);
  server.shows_all = is_true(block["query_other_jobs"]);
  server.powerful = std::string(block["managers"]) + "," + std::string(block["operators"]);
  server.limits = pbs::limits_of(block);
  return server;
}

}  // namespace tide::batch::torque
