#include <tide/batch/gridengine/waiting_reader.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::gridengine {

WaitingReader::WaitingReader(OnJob on_job) : m_on_job(std::move(on_job)), m_scanner(*this, {"job_info"}) {}

Result<void> WaitingReader::open(std::string_view name, const Attributes& attributes) {
  ++m_depth;
  m_attribute = attribute(attributes, "name");
  if (m_depth == 2 && (name == "queue_info" || name == "job_info")) ++m_lists;
  if (name == "job_list") {
    if (m_in_job) return make_error(ErrorKind::protocol, "a job is inside of job '{}'", printable(m_job.id, 20));
    m_job = {};
    m_in_job = true;
  }
  return {};
}

Result<void> WaitingReader::close(std::string_view name, std::string_view text) {
  --m_depth;
  if (!m_in_job) return {};
  if (name == "job_list") {
    m_in_job = false;
    ++m_records;
    const bool digits = !m_job.id.empty() && m_job.id.size() <= 18 &&
                        std::ranges::all_of(m_job.id, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return make_error(ErrorKind::protocol, "'{}' is no job's number", printable(m_job.id, 40));
    return m_on_job(m_job);
  }
  const std::pair<std::string_view, std::string*> texts[]{{"JB_job_number", &m_job.id},
                                                          {"JAT_prio", &m_job.priority},
                                                          {"state", &m_job.state},
                                                          {"JB_submission_time", &m_job.submitted},
                                                          {"queue_name", &m_job.queue},
                                                          {"slots", &m_job.slots},
                                                          {"tasks", &m_job.tasks},
                                                          {"JB_project", &m_job.project},
                                                          {"JB_department", &m_job.department}};
  const auto known = std::ranges::find(texts, name, &std::pair<std::string_view, std::string*>::first);
  if (known != std::end(texts)) {
    if (text.size() >= k_text_max) {
      return make_error(ErrorKind::protocol, "the {} of job '{}' is longer than {} bytes", name,
                        printable(m_job.id, 20), k_text_max);
    }
    *known->second = text;
  } else if (name == "requested_pe") {
    m_job.pe = m_attribute;
    m_job.range = text;
  } else if (name == "hard_request") {
    m_job.requests.emplace_back(m_attribute, text);
  } else if (name == "hard_req_queue") {
    m_job.queues.emplace_back(text);
  } else if (name == "master_hard_req_queue") {
    m_job.master_queues.emplace_back(text);
  } else if (name.starts_with("predecessor_jobs") || name.starts_with("ad_predecessor_jobs")) {
    m_job.waits_for_jobs = true;
  }
  return {};
}

Result<void> WaitingReader::finish() const {
  TIDE_TRY(m_scanner.finish());
  if (m_lists == 2) return {};
  return make_error(ErrorKind::unproven, "it has {} of the two lists of a whole one", m_lists);
}

}  // namespace tide::batch::gridengine
