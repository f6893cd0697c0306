#pragma once

#include <tide/util/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tide::batch::torque {

// What Maui or Moab think of TORQUE's jobs: which they block, and in which order the others come. Built from the public
// reference, not tried on the real thing. Keeps 24 bytes a job that they list.
class SchedulerView {
 public:
  // `showq`, piece by piece; then, once it ended well, whether the lists are whole: as long as its totals say.
  Result<void> feed_showq(std::string_view piece);
  Result<void> finish_showq();

  // `diagnose -p` (Moab: `mdiag -p`): idle jobs and their priorities.
  Result<void> read_priorities(std::string_view text);

  bool blocks(std::string_view job) const;                           // TORQUE's ID
  std::optional<std::int64_t> priority(std::string_view job) const;  // nothing where they do not tell it
  std::int64_t jobs() const { return m_listed[0] + m_listed[1] + m_listed[2]; }

 private:
  enum class Section : std::uint8_t { active, idle, blocked, none };

  Result<void> take_line(std::string_view line);
  Result<void> take_totals(std::string_view line);

  std::string m_rest;
  Section m_section = Section::none;
  bool m_seen[3] = {false, false, false};
  std::int64_t m_listed[3] = {0, 0, 0};
  bool m_totals = false;
  std::vector<std::uint64_t> m_blocked;                              // keys of jobs, sorted once whole
  std::vector<std::pair<std::uint64_t, std::int64_t>> m_priorities;  // sorted
};

}  // namespace tide::batch::torque
