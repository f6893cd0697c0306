#pragma once

#include <tide/batch/gridengine/xml_scanner.hpp>
#include <tide/util/clock.hpp>

#include <map>

namespace tide::batch::gridengine {

// What only `qstat -xml -j ID,...` tells of a job.
struct JobDetail {
  TimePoint start{};          // not before: qsub -a; 0: at once
  std::int64_t together = 0;  // most tasks at once: qsub -tc; 0: no limit
};

class DetailsReader final : private XmlHandler {
 public:
  DetailsReader();

  Result<void> feed(std::string_view piece) { return m_scanner.feed(piece); }
  // By job number. A job that ended meanwhile is missing from it, or all of them are ("unknown_jobs").
  Result<std::map<std::string, JobDetail>> finish();

 private:
  Result<void> open(std::string_view name, const Attributes& attributes) override;
  Result<void> close(std::string_view name, std::string_view text) override;

  XmlScanner m_scanner;
  std::vector<std::string> m_path;
  std::string m_job;
  std::map<std::string, JobDetail> m_details;
};

}  // namespace tide::batch::gridengine
