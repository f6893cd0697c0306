#pragma once

#include <tide/batch/torque/job_record.hpp>
#include <tide/util/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::torque {

constexpr std::size_t k_job_max = 16U << 20U;  // a job of more bytes is a mistake or an attack
constexpr std::string_view k_job_open = "<Job>";
constexpr std::string_view k_job_close = "</Job>";

// One job as it was read element by element, by which others of the same elements are read at the speed of comparing
// bytes: only where a text differs is its end looked for.
class JobTemplate {
 public:
  JobTemplate() = default;
  JobTemplate(const JobTemplate&) = delete;  // its record points into its text
  JobTemplate& operator=(const JobTemplate&) = delete;

  // Reads one whole "<Job>…</Job>" at the beginning of the text and becomes its template. Its length; nothing if the
  // text ends before the job does; an error of kind protocol for what is no such element.
  Result<std::optional<std::size_t>> read(std::string_view text);

  enum class Match : std::uint8_t { yes, no, cut };  // cut: the text ends before the job does
  // Is the job at the beginning of the text made of the same elements? Then `record` has its fields, and `length` its
  // length.
  Match match(std::string_view text, JobRecord& record, std::size_t& length);

  // The job that read() read.
  JobRecord own();
  bool empty() const { return m_text.empty(); }

 private:
  // The text of one element that holds no other.
  struct Leaf {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::int32_t field = -1;  // of JobRecord, or -1
  };
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool there = false;
  };

  std::string m_text;
  std::vector<Leaf> m_leaves;
  std::array<Span, k_fields> m_spans{};
  JobRecord m_record;  // its own: what others are made from
  std::int64_t m_memo = -1;
};

}  // namespace tide::batch::torque
