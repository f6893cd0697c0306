#pragma once

#include <tide/batch/gridengine/xml_scanner.hpp>

#include <functional>

namespace tide::batch::gridengine {

// One <job_list> of `qstat -xml -r -s p`: a job, or those tasks of an array that are in one state.
struct JobRecord {
  std::string id;        // digits
  std::string priority;  // "0.60500"
  std::string state;     // "qw", "hqw", "Eqw"
  std::string submitted;
  std::string queue;  // of one that was sent to a host meanwhile
  std::string slots;
  std::string tasks;  // "10-100:5,3"; "" of a job that is no array
  std::string pe;     // the name or pattern that it asks for; "" for none
  std::string range;  // and for how many slots: "64-128"
  bool waits_for_jobs = false;
  std::string project;  // only with -ext
  std::string department;
  std::vector<std::pair<std::string, std::string>> requests;  // hard ones, as written
  std::vector<std::string> queues;                            // hard_req_queue
  std::vector<std::string> master_queues;
};

class WaitingReader final : private XmlHandler {
 public:
  using OnJob = std::function<Result<void>(const JobRecord&)>;
  explicit WaitingReader(OnJob on_job);

  Result<void> feed(std::string_view piece) { return m_scanner.feed(piece); }
  Result<void> finish() const;
  std::int64_t records() const { return m_records; }

 private:
  Result<void> open(std::string_view name, const Attributes& attributes) override;
  Result<void> close(std::string_view name, std::string_view text) override;

  OnJob m_on_job;
  XmlScanner m_scanner;
  JobRecord m_job;
  std::string m_attribute;  // name='' of the element that is open
  bool m_in_job = false;
  int m_lists = 0;  // <queue_info> and the inner <job_info>, which a whole one both has
  int m_depth = 0;
  std::int64_t m_records = 0;
};

}  // namespace tide::batch::gridengine
