#include <tide/batch/openpbs/server_info.hpp>
#include <tide/batch/openpbs/text_reader.hpp>
#include <tide/batch/pbs/attributes.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::openpbs {

namespace {

class ServerVisitor {
 public:
  explicit ServerVisitor(bool escaped) : m_escaped(escaped) {}

  Result<void> begin(std::string_view id) {
    if (++servers > 1) return make_error(ErrorKind::protocol, "it tells of two servers, '{}' too", printable(id, 80));
    info.name = m_escaped ? unescape(id) : std::string(id);
    return {};
  }
  bool may_want(char /*first*/, char /*second*/) const { return true; }
  bool wants(std::string_view /*group*/) const { return false; }
  void attribute(std::string_view group, std::string_view key, std::string_view value) {
    if (!group.empty()) return;
    if (key == "pbs_version") info.version = value;
    if (key == "server_state") info.state = value;
    if (key == "query_other_jobs") info.shows_others = value == "True";
    if (key == "state_count") {
      const auto jobs = pbs::count_unfinished(value);
      counted = jobs.has_value();
      info.jobs = jobs.value_or(0);
    }
    // None of OpenPBS's attributes.
    if (key == "next_job_number" || key == "poll_jobs" || key == "mom_job_sync") info.torque = true;
    if (key == "managers" || key == "operators") {
      for (const std::string_view one : split(value, ',')) info.managers.emplace_back(trim(one));
    }
  }
  void damage() {}
  Result<void> end() { return {}; }

  ServerInfo info;
  int servers = 0;
  bool counted = false;

 private:
  bool m_escaped;
};

}  // namespace

Result<ServerInfo> parse_server(std::string_view text, Form form) {
  ServerVisitor visitor(form == Form::json);
  if (form == Form::json) {
    JsonReader reader("Server");
    TIDE_TRY(reader.feed(text, visitor));
    TIDE_TRY(reader.finish(visitor));
  } else {
    TextReader reader("Server: ");
    TIDE_TRY(reader.feed(text, visitor));
    TIDE_TRY(reader.finish(visitor));
  }
  if (visitor.servers == 0) return make_error(ErrorKind::unproven, "it tells of no server");
  if (visitor.info.version.empty() || visitor.info.name.empty() || !visitor.counted)
    return make_error(ErrorKind::protocol, "it lacks pbs_version or state_count");
  return std::move(visitor.info);
}

bool sees_all(const ServerInfo& server, const std::string& user, bool root) {
  return server.shows_others || is_manager(server, user, root);
}

bool is_manager(const ServerInfo& server, const std::string& user, bool root) {
  if (root) return true;
  return std::ranges::any_of(server.managers, [&](const std::string& entry) {
    const std::string name = entry.substr(0, entry.find('@'));
    return name == "*" || name == user;
  });
}

}  // namespace tide::batch::openpbs
