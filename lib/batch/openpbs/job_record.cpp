#include <tide/batch/openpbs/job_record.hpp>
#include <tide/batch/openpbs/json_reader.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <cstring>

namespace tide::batch::openpbs {

namespace {

constexpr std::size_t k_id_max = 512;

// "12.server", "9[].server", "9[3].server".
bool is_job_id(std::string_view id) {
  if (id.empty() || id.size() > k_id_max || id.front() < '0' || id.front() > '9') return false;
  return std::ranges::all_of(id, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != ','; });
}

template <typename Word>
Word load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof(Word));
  return word;
}

// As ==, but compared in place, as the word's length is known, by its first and its last bytes, which may overlap: this
// is asked for each attribute.
template <std::size_t Size>
bool is(std::string_view key, const char (&word)[Size]) {
  constexpr std::size_t k_length = Size - 1;
  static_assert(k_length >= 3 && k_length <= 17);
  if (key.size() != k_length) return false;
  if constexpr (k_length == 3) {
    return load<std::uint16_t>(key.data()) == load<std::uint16_t>(word) && key[2] == word[2];
  } else if constexpr (k_length < 8) {
    constexpr std::size_t k_last = k_length - 4;
    return load<std::uint32_t>(key.data()) == load<std::uint32_t>(word) &&
           load<std::uint32_t>(key.data() + k_last) == load<std::uint32_t>(word + k_last);
  } else {
    constexpr std::size_t k_last = k_length - 8;
    const bool ends = load<std::uint64_t>(key.data()) == load<std::uint64_t>(word) &&
                      load<std::uint64_t>(key.data() + k_last) == load<std::uint64_t>(word + k_last);
    return ends && (k_length <= 16 || key[8] == word[8]);
  }
}

Field resource(std::string_view key) {
  switch (key.size()) {
    case 3: return is(key, "mem") ? Field::mem : Field::k_fields;
    case 5:
      if (is(key, "ncpus")) return Field::ncpus;
      if (is(key, "place")) return Field::place;
      return is(key, "ngpus") ? Field::ngpus : Field::k_fields;
    case 6:
      if (is(key, "select")) return Field::select;
      return is(key, "nodect") ? Field::nodect : Field::k_fields;
    case 8: return is(key, "walltime") ? Field::walltime : Field::k_fields;
    case 12:
      if (is(key, "min_walltime")) return Field::min_walltime;
      return is(key, "max_walltime") ? Field::max_walltime : Field::k_fields;
    default: return Field::k_fields;
  }
}

}  // namespace

Field field_of(std::string_view group, std::string_view key) {
  if (!group.empty()) return is(group, "Resource_List") ? resource(key) : Field::k_fields;
  switch (key.size()) {
    case 5:
      if (is(key, "queue")) return Field::queue;
      if (is(key, "ctime")) return Field::created;
      return is(key, "array") ? Field::array : Field::k_fields;
    case 6: return is(key, "depend") ? Field::depend : Field::k_fields;
    case 7:
      if (is(key, "comment")) return Field::comment;
      return is(key, "project") ? Field::project : Field::k_fields;
    case 8: return is(key, "Priority") ? Field::priority : Field::k_fields;
    case 9:
      if (is(key, "job_state")) return Field::state;
      if (is(key, "exec_host")) return Field::exec_host;
      return is(key, "Rerunable") ? Field::rerunnable : Field::k_fields;
    case 10:
      if (is(key, "exec_vnode")) return Field::exec_vnode;
      if (is(key, "Hold_Types")) return Field::holds;
      if (is(key, "queue_type")) return Field::queue_type;
      return is(key, "reserve_ID") ? Field::reserve_id : Field::k_fields;
    case 11: return is(key, "schedselect") ? Field::schedselect : Field::k_fields;
    case 12: return is(key, "Account_Name") ? Field::account : Field::k_fields;
    case 14: return is(key, "Execution_Time") ? Field::execution_time : Field::k_fields;
    case 15: return is(key, "max_run_subjobs") ? Field::max_run_subjobs : Field::k_fields;
    case 17: return is(key, "array_state_count") ? Field::array_counts : Field::k_fields;
    default: return Field::k_fields;
  }
}

Result<void> JobRecord::begin(std::string_view id) {
  if (!is_job_id(id)) return make_error(ErrorKind::protocol, "'{}' is no job ID", printable(id, 80));
  m_id = id;
  m_shape.clear();
  m_other.clear();
  m_set = 0;
  m_damaged = 0;
  return {};
}

JobRecord::Span JobRecord::Text::append(Field field, std::string_view value) {
  const std::size_t at = m_used;
  m_used += value.size() + 2;
  if (m_used > m_bytes.size()) m_bytes.resize(2 * m_used);
  m_bytes[at] = static_cast<char>(field);
  std::memcpy(m_bytes.data() + at + 1, value.data(), value.size());
  m_bytes[m_used - 1] = '\n';
  return {.begin = static_cast<std::uint32_t>(at + 1), .size = static_cast<std::uint32_t>(value.size())};
}

void JobRecord::set(Field field, std::string_view value) {
  if (has(field)) damage(field);
  m_set |= bit(field);
  m_spans[index(field)] = (field < Field::k_shape_fields ? m_shape : m_other).append(field, value);
}

std::string_view JobRecord::raw(Field field) const {
  if (!has(field)) return {};
  const Span& span = m_spans[index(field)];
  return {(field < Field::k_shape_fields ? m_shape : m_other).text().data() + span.begin, span.size};
}

std::string JobRecord::value(Field field) const { return escaped ? unescape(raw(field)) : std::string(raw(field)); }

}  // namespace tide::batch::openpbs
