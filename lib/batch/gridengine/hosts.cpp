#include <tide/batch/gridengine/complexes.hpp>
#include <tide/batch/gridengine/hosts.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::gridengine {

namespace {

constexpr std::string_view k_global = "global";
constexpr std::size_t k_resource_max = 2'000;  // a mark may name many queues

bool is_plain_word(std::string_view text) {
  return !text.empty() && text.size() <= 300 && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= 18 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::string> HostRecord::resource(std::string_view what) const {
  const auto found = resources.find(what);
  if (found == resources.end() || !found->second.first.starts_with('h')) return {};
  return found->second.second;
}

const std::string& HostRecord::value(const std::string& what) const {
  static const std::string k_not_known = "-";
  const auto found = values.find(what);
  return found == values.end() ? k_not_known : found->second;
}

HostsReader::HostsReader() : m_scanner(*this, {"qhost"}) {}

Result<void> HostsReader::open(std::string_view name, const Attributes& attributes) {
  if (name == "qhost" || name == "host") {
    if (m_in_host) return make_error(ErrorKind::protocol, "a host is inside of host '{}'", m_host.name);
    if (name == "qhost") return {};
    m_host = {};
    m_host.name = attribute(attributes, "name");
    m_in_host = true;
    if (is_plain_word(m_host.name)) return {};
    return make_error(ErrorKind::protocol, "'{}' is no host's name", printable(m_host.name, 80));
  }
  if (!m_in_host) return make_error(ErrorKind::protocol, "'{}' is in no host", printable(name, 40));
  m_name = attribute(attributes, "name");
  m_dominance = attribute(attributes, "dominance");
  if (name == "queue") {
    if (!is_plain_word(m_name))
      return make_error(ErrorKind::protocol, "host '{}' has the queue '{}'", m_host.name, printable(m_name, 80));
    m_host.queues.push_back({.queue = m_name, .slots = 0, .slots_used = 0, .state = ""});
    m_queue_values = 0;
  } else if (name == "job") {
    if (!is_digits(m_name))
      return make_error(ErrorKind::protocol, "host '{}' has the job '{}'", m_host.name, printable(m_name, 40));
    m_job = m_name;
    m_task.clear();
  }
  return {};
}

Result<void> HostsReader::take_queue_value(std::string_view text) {
  if (m_host.queues.empty())
    return make_error(ErrorKind::protocol, "host '{}' has a queue's value and no queue", m_host.name);
  QueueInstance& queue = m_host.queues.back();
  if (m_name == "state_string") {
    queue.state = printable(text, 40);
    ++m_queue_values;
    return {};
  }
  if (m_name != "slots" && m_name != "slots_used") return {};
  const auto count = parse_count(text);
  if (!count || *count > 10'000'000) {
    return make_error(ErrorKind::protocol, "queue '{}' of host '{}' has '{}' for {}", queue.queue, m_host.name,
                      printable(text, 40), m_name);
  }
  (m_name == "slots" ? queue.slots : queue.slots_used) = static_cast<int>(*count);
  ++m_queue_values;
  return {};
}

Result<void> HostsReader::close(std::string_view name, std::string_view text) {
  if (name == "hostvalue") {
    m_host.values[m_name] = printable(text, 80);
  } else if (name == "resourcevalue") {
    m_host.resources[m_name] = {m_dominance, printable(text, k_resource_max)};
  } else if (name == "queuevalue") {
    TIDE_TRY(take_queue_value(text));
  } else if (name == "queue" && m_queue_values != 3) {
    return make_error(ErrorKind::protocol, "queue '{}' of host '{}' has not all of its values",
                      m_host.queues.back().queue, m_host.name);
  } else if (name == "jobvalue") {
    if (m_name == "taskid") {
      if (!is_digits(text))
        return make_error(ErrorKind::protocol, "job '{}' has the task '{}'", m_job, printable(text, 40));
      m_task = text;
    }
    if (m_name == "priority" && text.find_first_of("123456789") != std::string_view::npos) m_has_priorities = true;
  } else if (name == "job") {
    m_host.jobs.push_back({m_task.empty() ? m_job : m_job + "." + m_task});
  } else if (name == "host") {
    return close_host();
  }
  return {};
}

Result<void> HostsReader::close_host() {
  m_in_host = false;
  if (m_host.name == k_global) {
    m_has_global = true;
    return {};
  }
  std::ranges::sort(m_host.jobs);
  m_host.jobs.erase(std::unique(m_host.jobs.begin(), m_host.jobs.end()), m_host.jobs.end());
  m_hosts.push_back(std::move(m_host));
  return {};
}

Result<std::vector<HostRecord>> HostsReader::finish() {
  TIDE_TRY(m_scanner.finish());
  if (!m_has_global) return make_error(ErrorKind::unproven, "it lacks the host '{}' of a whole one", k_global);
  std::ranges::sort(m_hosts, {}, &HostRecord::name);
  const auto twice = std::ranges::adjacent_find(m_hosts, {}, &HostRecord::name);
  if (twice != m_hosts.end()) return make_error(ErrorKind::protocol, "host '{}' is listed twice", twice->name);
  return std::move(m_hosts);
}

}  // namespace tide::batch::gridengine
