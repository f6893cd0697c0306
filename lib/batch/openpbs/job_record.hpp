#pragma once

#include <tide/util/result.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tide::batch::openpbs {

// What is read of a job. Up to k_shape_fields: what makes its shape.
enum class Field : std::uint8_t {
  queue,
  account,
  project,
  rerunnable,
  select,
  schedselect,
  place,
  ncpus,
  mem,
  ngpus,
  nodect,
  walltime,
  min_walltime,
  max_walltime,
  queue_type,
  reserve_id,
  k_shape_fields,
  state = k_shape_fields,
  holds,
  depend,
  execution_time,
  comment,
  created,
  priority,
  exec_host,
  exec_vnode,
  array,
  array_counts,
  max_run_subjobs,
  k_fields,
};

constexpr auto k_shape_fields = static_cast<std::size_t>(Field::k_shape_fields);
constexpr auto k_fields = static_cast<std::size_t>(Field::k_fields);
static_assert(k_fields <= 32);  // a bit for each in JobRecord

// One job as read, filled by a reader as its visitor; kept only until the next one begins.
class JobRecord {
 public:
  Result<void> begin(std::string_view id);
  void set(Field field, std::string_view value);  // twice: damaged
  void damage(Field field) { m_damaged |= bit(field); }

  const std::string& id() const { return m_id; }
  bool has(Field field) const { return (m_set & bit(field)) != 0; }
  bool damaged(Field field) const { return (m_damaged & bit(field)) != 0; }
  std::string_view raw(Field field) const;  // as written between the quotes; "" if it was not there
  std::string value(Field field) const;     // unescaped, where the form escapes
  bool shape_damaged() const { return (m_damaged & (bit(Field::k_shape_fields) - 1)) != 0; }
  // The shape's fields as written, one behind the other: equal texts are equal shapes.
  std::string_view shape_text() const { return m_shape.text(); }
  bool escaped = true;  // the form is JSON

 private:
  struct Span {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  // What the fields of this job say. It grows and never shrinks, so that a job is written where the one before it was:
  // this is done for each field of each job.
  class Text {
   public:
    void clear() { m_used = 0; }
    std::string_view text() const { return {m_bytes.data(), m_used}; }
    Span append(Field field, std::string_view value);

   private:
    std::string m_bytes;
    std::size_t m_used = 0;
  };
  static std::size_t index(Field field) { return static_cast<std::size_t>(field); }
  static std::uint32_t bit(Field field) { return std::uint32_t{1} << index(field); }

  std::string m_id;
  Text m_shape;
  Text m_other;
  std::uint32_t m_set = 0;
  std::uint32_t m_damaged = 0;
  std::array<Span, k_fields> m_spans;  // of those that are set
};

// The field of an attribute ("" and its key, or "Resource_List" and the resource), k_fields for all others.
Field field_of(std::string_view group, std::string_view key);

// How fields begin: of a first letter, the second ones by their last five bits. A table, for the jump of a switch is
// guessed wrong at every other attribute.
constexpr auto k_field_beginnings = [] {
  std::array<std::uint32_t, 128> seconds{};
  for (const std::string_view two :
       {"qu", "ct", "co", "ar", "Pr", "pr", "de", "Re", "re", "jo", "Ho", "ex", "Ex", "sc", "Ac", "ma"})
    seconds[static_cast<std::size_t>(two[0])] |= std::uint32_t{1} << (static_cast<unsigned>(two[1]) % 32);
  return seconds;
}();

// Can an attribute that begins so be a field? A job has thirty that are none.
inline bool may_be_field(char first, char second) {
  const std::uint32_t seconds = k_field_beginnings[static_cast<unsigned char>(first) % 128];
  return (seconds >> (static_cast<unsigned char>(second) % 32) & 1U) != 0;
}

// A reader's visitor that hands whole jobs to `on_job`, callable as Result<void>(const JobRecord&).
template <typename OnJob>
class JobVisitor {
 public:
  JobVisitor(JobRecord& record, OnJob on_job) : m_record(record), m_on_job(std::move(on_job)) {}

  Result<void> begin(std::string_view id) {
    m_last = Field::k_fields;
    return m_record.begin(id);
  }
  bool may_want(char first, char second) const { return may_be_field(first, second); }
  bool wants(std::string_view group) const { return group == "Resource_List"; }
  void attribute(std::string_view group, std::string_view key, std::string_view value) {
    m_last = field_of(group, key);
    if (m_last != Field::k_fields) m_record.set(m_last, value);
  }
  void damage() {
    if (m_last != Field::k_fields) m_record.damage(m_last);
  }
  Result<void> end() { return m_on_job(m_record); }

 private:
  JobRecord& m_record;
  OnJob m_on_job;
  Field m_last = Field::k_fields;
};

}  // namespace tide::batch::openpbs
