#include "support_gridengine.hpp"

#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::test {

namespace {

process::Finished says_well(std::string output) {
  return {.exit_code = 0, .signal = 0, .output = std::move(output), .errors = ""};
}

process::Finished refuses(std::string words, int code = 1) {
  return {.exit_code = code, .signal = 0, .output = "", .errors = std::move(words) + "\n"};
}

std::map<std::string, std::string> values_in(std::string_view text) {
  std::map<std::string, std::string> values;
  for (const std::string_view one : split(text, ',')) {
    const std::size_t sign = one.find('=');
    if (sign != std::string_view::npos) values[std::string(one.substr(0, sign))] = one.substr(sign + 1);
  }
  return values;
}

// "[n9=4]": {"n9", "4"}.
std::pair<std::string, std::string> override_in(const std::string& text) {
  const std::size_t sign = text.find('=');
  return {text.substr(1, sign - 1), text.substr(sign + 1, text.size() - sign - 2)};
}

}  // namespace

Result<process::Finished> FakeCell::run(const process::Command& command) {
  const std::string line = ScriptedRunner::line_of(command);
  const bool reads = line.starts_with("qhost") || line.starts_with("qconf -s");
  if (!reads) {
    if (changes_left == 0) return make_error(ErrorKind::timeout, "'{}': killed", line);
    if (changes_left > 0) --changes_left;
    changes.push_back(line);
    if (on_change) on_change(line);
  }
  process::Finished finished = line.starts_with("qhost")  ? qhost()
                               : line.starts_with("qmod") ? qmod(command.argv)
                                                          : qconf(command);
  settle();
  if (command.sink) {
    TIDE_TRY(command.sink(finished.output));
    finished.output.clear();
  }
  return finished;
}

// What a host group says, queue instances follow: a new one is born as the queue says, an unused one goes.
void FakeCell::settle() {
  for (auto& [name, queue] : queues) {
    for (const std::string& host : groups[queue.group]) {
      if (!queue.instances.contains(host)) queue.instances[host] = queue.born_disabled.contains(host);
    }
    std::erase_if(queue.instances, [&](const auto& one) {
      const auto host = hosts.find(one.first);
      return !groups[queue.group].contains(one.first) && (host == hosts.end() || host->second.slots_used == 0);
    });
  }
}

bool FakeCell::is_referenced(const std::string& host) const {
  return std::ranges::any_of(queues, [&](const auto& queue) { return queue.second.instances.contains(host); });
}

process::Finished FakeCell::qhost() const {
  std::string text = "<?xml version='1.0'?>\n<qhost>\n<host name='global'></host>\n";
  for (const auto& [name, host] : hosts) {
    text += fmt::format("<host name='{}'><hostvalue name='arch_string'>{}</hostvalue>", name,
                        host.reports ? "lx-amd64" : "-");
    text += fmt::format("<hostvalue name='load_avg'>{}</hostvalue>", host.reports ? "0.10" : "-");
    for (const auto& [resource, value] : host.values)
      text += fmt::format("<resourcevalue name='{}' dominance='hc'>{}</resourcevalue>", resource,
                          value == "TRUE" ? "1.000000" : value);
    for (const auto& [queue, what] : queues) {
      if (!what.instances.contains(name)) continue;
      const auto slots = what.slots.find(name);
      text += fmt::format("<queue name='{}'><queuevalue name='slots_used'>{}</queuevalue>", queue, host.slots_used);
      text += fmt::format("<queuevalue name='slots'>{}</queuevalue>", slots == what.slots.end() ? 0 : slots->second);
      text += fmt::format("<queuevalue name='state_string'>{}{}</queuevalue></queue>",
                          what.instances.at(name) ? "d" : "", host.reports ? "" : "u");
      if (host.slots_used > 0) text += "<job name='7'><jobvalue jobid='7' name='job_state'>r</jobvalue></job>";
    }
    text += "</host>\n";
  }
  return says_well(text + "</qhost>\n");
}

process::Finished FakeCell::qconf(const process::Command& command) {
  const std::vector<std::string> words(command.argv.begin() + 1, command.argv.end());
  const std::string& verb = words.front();
  const std::string what = words.back();
  if (verb == "-sc") {
    std::string text = "#name shortcut type relop requestable consumable default urgency\n";
    text += "slots s INT <= YES YES 1 1000\nh_vmem h_vmem MEMORY <= YES YES 0 0\nsmall small BOOL == YES NO 0 0\n";
    if (has_note) text += "tide_note tide_note STRING == YES NO NONE 0\n";
    return says_well(text + "# >#< starts a comment\n");
  }
  if (verb == "-shgrpl") {
    std::string text;
    for (const auto& group : groups) text += group.first + "\n";
    return says_well(text);
  }
  if (verb == "-shgrp") {
    std::string text = "group_name " + what + "\nhostlist";
    for (const auto& host : groups[what]) text += " " + host;
    return says_well(text + "\n");
  }
  if (verb == "-ah") {
    if (what == "cached") return refuses("can't resolve hostname \"cached\"", 0);
    if (what == "nowhere") return refuses("can't resolve hostname \"nowhere\"");
    if (what == "forbidden") return refuses("denied: \"nobody\" must be manager for this operation", 0);
    return says_well(admins.insert(what).second ? "" : "adminhost already exists\n");
  }
  if (verb == "-dh")
    return admins.erase(what) > 0 ? says_well("") : refuses("denied: administrative host does not exist");
  if (verb == "-ke") return unreachable.empty() ? says_well("") : refuses(unreachable);
  if (verb == "-de") {
    if (!hosts.contains(what)) return refuses("denied: execution host \"" + what + "\" does not exist");
    if (is_referenced(what)) return refuses("Host object \"" + what + "\" is still referenced in cluster queue");
    hosts.erase(what);
    return says_well("");
  }
  if (verb == "-Ae") {
    const std::string name = command.input.substr(9, command.input.find('\n') - 9);
    if (hosts.contains(name)) return refuses("exechost \"" + name + "\" already exists");
    hosts[name];
    return says_well("");
  }
  return qconf_attribute(words);
}

process::Finished FakeCell::qconf_attribute(const std::vector<std::string>& words) {
  const std::string line = join(words, " ");
  const std::string& what = words.back();
  if (line.starts_with("-purge queue")) {
    const std::size_t at = what.find('@');
    const auto queue = queues.find(what.substr(0, at));
    if (queue == queues.end()) return refuses("error: Cluster queue entry \"x\" does not exist");
    queue->second.born_disabled.erase(what.substr(at + 1));
    if (words[2] == "*") queue->second.slots.erase(what.substr(at + 1));
    return says_well("");
  }
  if (words[1] == "exechost") {
    const auto host = hosts.find(what);
    if (host == hosts.end()) return refuses("denied: execution host does not exist");
    if (words[0] == "-dattr") {
      host->second.values.erase(words[3]);
      return says_well("");
    }
    for (const auto& [name, value] : values_in(words[3])) {
      if (name == "tide_note" && !has_note)
        return refuses("denied: attribute \"tide_note\" is not a complex attribute");
      host->second.values[name] = value;
    }
    return says_well("");
  }
  if (words[1] == "hostgroup") {
    if (!groups.contains(what)) return refuses("denied: host group \"" + what + "\" does not exist");
    if (words[0] == "-aattr" && !hosts.contains(words[3])) return refuses("denied: no such host");
    if (words[0] == "-aattr") groups[what].insert(words[3]);
    if (words[0] == "-dattr") groups[what].erase(words[3]);
    return says_well("");
  }
  const auto queue = queues.find(what);
  if (queue == queues.end()) return refuses("denied: cluster queue \"" + what + "\" does not exist");
  if (words[2] == "hostlist") return says_well("");
  const auto [host, value] = override_in(words[3]);
  if (words[2] == "slots") queue->second.slots[host] = static_cast<int>(parse_integer(value).value_or(-1));
  if (words[2] == "initial_state") queue->second.born_disabled.insert(host);
  return says_well("");
}

process::Finished FakeCell::qmod(const std::vector<std::string>& words) {
  bool found = false;
  for (const std::string_view one : split(words.back(), ',')) {
    const std::string_view meant = one.substr(0, one.find('@'));
    for (auto& [name, queue] : queues) {
      const auto instance = queue.instances.find(std::string(one.substr(one.find('@') + 1)));
      if (instance == queue.instances.end() || (meant != "*" && meant != name)) continue;
      found = true;
      instance->second = words[1] == "-d";
    }
  }
  return found ? says_well("changed state\n")
               : process::Finished{.exit_code = 1, .signal = 0, .output = "invalid queue \"*@x\"\n", .errors = ""};
}

}  // namespace tide::test
