#pragma once

#include <tide/batch/torque/job_template.hpp>

#include <array>

namespace tide::batch::torque {

// Reads what `qstat -x -t` prints while it prints it: "<Data><Job>…</Job>…</Data>". No document types, comments,
// attributes or processing instructions but the first line's. What it keeps does not grow with the jobs.
class JobReader {
 public:
  // `on_job` is callable as Result<void>(const JobRecord&).
  template <typename OnJob>
  Result<void> feed(std::string_view piece, OnJob&& on_job) {
    m_bytes += static_cast<std::int64_t>(piece.size());
    if (m_rest.starts_with(k_job_open)) {
      const std::size_t end = end_of_job(piece);
      m_rest.append(piece.substr(0, end));
      if (end == std::string_view::npos) return check_rest();
      piece.remove_prefix(end);
      TIDE_TRY_ASSIGN(const std::size_t used, take(m_rest, on_job));
      if (used != m_rest.size()) return bad("a job that does not end where it says", m_rest);
      m_rest.clear();
    } else if (!m_rest.empty()) {
      std::string joined = std::move(m_rest);
      joined.append(piece);
      m_rest.clear();
      return walk(joined, on_job);
    }
    return walk(piece, on_job);
  }

  // Once the command ended well: was it a whole document? Nothing at all is none.
  Result<void> finish() const;

  std::int64_t jobs() const { return m_jobs; }
  std::int64_t bytes() const { return m_bytes; }

 private:
  enum class Place : std::uint8_t { before, inside, after };

  template <typename OnJob>
  Result<void> walk(std::string_view text, OnJob&& on_job) {
    std::size_t at = 0;
    while (at < text.size()) {
      if (m_place != Place::inside || !text.substr(at).starts_with(k_job_open)) {
        TIDE_TRY_ASSIGN(const std::size_t used, between(text.substr(at)));
        if (used == 0) break;
        at += used;
        continue;
      }
      TIDE_TRY_ASSIGN(const std::size_t used, take(text.substr(at), on_job));
      if (used == 0) break;
      at += used;
    }
    m_rest.assign(text.substr(at));
    return check_rest();
  }

  // One job at the beginning of the text; 0 if the text ends before it does.
  template <typename OnJob>
  Result<std::size_t> take(std::string_view text, OnJob&& on_job) {
    JobRecord record;
    TIDE_TRY_ASSIGN(const std::size_t used, read(text, record));
    if (used == 0) return used;
    ++m_jobs;
    TIDE_TRY(on_job(std::as_const(record)));
    return used;
  }

  Result<std::size_t> read(std::string_view text, JobRecord& record);
  Result<std::size_t> between(std::string_view text);
  std::size_t end_of_job(std::string_view piece) const;
  Result<void> check_rest() const;
  static Error bad(std::string_view what, std::string_view text);

  std::array<JobTemplate, 12> m_templates;
  std::size_t m_last = 0;  // the template that fitted last
  std::size_t m_next = 0;  // the one to replace next
  Place m_place = Place::before;
  std::string m_rest;  // of the last piece: the beginning of a job or of a tag
  std::int64_t m_jobs = 0;
  std::int64_t m_bytes = 0;
};

}  // namespace tide::batch::torque
