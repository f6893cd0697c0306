#include <tide/batch/gridengine/job_details.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::gridengine {

namespace {

constexpr std::size_t k_depth_of_values = 4;  // detailed_job_info, djob_info, element, JB_...

}  // namespace

DetailsReader::DetailsReader() : m_scanner(*this, {"detailed_job_info", "unknown_jobs"}) {}

Result<void> DetailsReader::open(std::string_view name, const Attributes& /*attributes*/) {
  m_path.emplace_back(name);
  if (m_path.size() == k_depth_of_values - 1) m_job.clear();
  return {};
}

Result<void> DetailsReader::close(std::string_view name, std::string_view text) {
  const bool value = m_path.size() == k_depth_of_values && m_path[1] == "djob_info";
  m_path.pop_back();
  if (!value) return {};
  if (name == "JB_job_number") {
    m_job = printable(text, 20);
    m_details[m_job];
    return {};
  }
  if (name != "JB_execution_time" && name != "JB_ja_task_concurrency") return {};
  const auto number = parse_integer(text);
  if (m_job.empty() || !number || *number < 0 || *number > 100'000'000'000) {
    return make_error(ErrorKind::protocol, "job '{}' has '{}' for {}", m_job, printable(text, 40), name);
  }
  if (name == "JB_execution_time") {
    m_details[m_job].start = TimePoint{Seconds{*number}};
  } else {
    m_details[m_job].together = *number;
  }
  return {};
}

Result<std::map<std::string, JobDetail>> DetailsReader::finish() {
  TIDE_TRY(m_scanner.finish());
  return std::move(m_details);
}

}  // namespace tide::batch::gridengine
