#pragma once

#include <tide/batch/slurm/lines.hpp>
#include <tide/util/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace tide::batch::slurm {

// The most nodes of waiting jobs, by job ID, from `scontrol -a -o show job`. Its lines hold free text (names, paths),
// in which a line may be forged: so it is believed for this number alone, and of two lines for one job the narrower
// counts.
class NodeLimits {
 public:
  Result<void> feed(std::string_view piece);
  Result<void> finish() const;  // once the command ended well

  // 0: no limit; nothing: the job is not there.
  std::optional<int> find(std::string_view job) const;

 private:
  void take_line(std::string_view line);

  LineReader m_lines;
  bool m_any = false;  // a line that is one: a job, or "No jobs in the system"
  std::map<std::uint32_t, int> m_most;
};

}  // namespace tide::batch::slurm
