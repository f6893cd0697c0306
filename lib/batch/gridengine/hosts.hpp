#pragma once

#include <tide/batch/gridengine/xml_scanner.hpp>
#include <tide/core/job.hpp>

#include <map>
#include <optional>

namespace tide::batch::gridengine {

struct QueueInstance {
  std::string queue;
  int slots = 0;
  int slots_used = 0;
  std::string state;  // letters: d disabled, u unknown, a load alarm, E error, o orphaned, ...

  // By somebody's qmod -d, which qmod -e undoes; not by a calendar.
  bool is_disabled() const { return state.find('d') != std::string::npos; }
};

// One <host> of `qhost -xml -q -j -F ...`.
struct HostRecord {
  std::string name;
  std::map<std::string, std::string> values;                                          // "load_avg": "-" while not known
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> resources;  // "gpu": {"hc", "2.000000"}
  std::vector<QueueInstance> queues;
  std::vector<core::JobId> jobs;  // on any slot of it, sorted, each once

  // What the host itself says of a resource, not the whole cluster; none if it says nothing.
  std::optional<std::string> resource(std::string_view what) const;
  const std::string& value(const std::string& what) const;
};

class HostsReader final : private XmlHandler {
 public:
  HostsReader();

  Result<void> feed(std::string_view piece) { return m_scanner.feed(piece); }
  // Sorted by name, without "global", which a whole one always begins with.
  Result<std::vector<HostRecord>> finish();
  // Does a job of it have a priority? A scheduler whose weights are all 0 gives none.
  bool has_priorities() const { return m_has_priorities; }

 private:
  Result<void> open(std::string_view name, const Attributes& attributes) override;
  Result<void> close(std::string_view name, std::string_view text) override;
  Result<void> close_host();
  Result<void> take_queue_value(std::string_view text);

  XmlScanner m_scanner;
  std::vector<HostRecord> m_hosts;
  HostRecord m_host;
  bool m_in_host = false;
  bool m_has_global = false;
  bool m_has_priorities = false;
  int m_queue_values = 0;
  std::string m_name;       // name='' of the innermost element
  std::string m_dominance;  // "hc": whose value it is, and how it came
  std::string m_job;
  std::string m_task;
};

}  // namespace tide::batch::gridengine
