#include <tide/batch/torque/job_template.hpp>
#include <tide/util/text.hpp>

#include <bit>
#include <cstring>
#include <utility>

namespace tide::batch::torque {

namespace {

constexpr std::size_t k_depth_max = 8;
constexpr std::size_t k_leaves_max = 4'096;

constexpr std::array<std::pair<std::string_view, Field>, k_fields> k_names{{
    {"Job_Id", Field::id},
    {"job_state", Field::state},
    {"queue", Field::queue},
    {"exec_host", Field::exec_host},
    {"Hold_Types", Field::hold_types},
    {"Account_Name", Field::account},
    {"depend", Field::depend},
    {"Execution_Time", Field::execution_time},
    {"Rerunable", Field::rerunable},
    {"node_exclusive", Field::exclusive},
    {"x", Field::extension},
    {"job_array_request", Field::array_request},
    {"euser", Field::user},
    {"Job_Owner", Field::owner},
    {"egroup", Field::group},
    {"Resource_List", Field::resources},
    {"Priority", Field::priority},
    {"qtime", Field::qtime},
    {"ctime", Field::ctime},
}};

std::int32_t field_of(std::string_view name) {
  for (const auto& [known, field] : k_names) {
    if (known == name) return static_cast<std::int32_t>(field);
  }
  return -1;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::uint64_t load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

using Block = std::uint64_t __attribute__((vector_size(16)));  // what any SSE2 or NEON compares at once

Block differ(const char* a, const char* b) {
  Block left;
  Block right;
  std::memcpy(&left, a, sizeof left);
  std::memcpy(&right, b, sizeof right);
  return left ^ right;
}

std::size_t first_difference(std::uint64_t word) {
  const int bits = std::endian::native == std::endian::little ? std::countr_zero(word) : std::countl_zero(word);
  return static_cast<std::size_t>(bits) / 8;
}

// How many bytes are the same, `length` at most.
std::size_t common(const char* a, const char* b, std::size_t length) {
  std::size_t at = 0;
  while (at + 64 <= length) {
    const Block off = differ(a + at, b + at) | differ(a + at + 16, b + at + 16) | differ(a + at + 32, b + at + 32) |
                      differ(a + at + 48, b + at + 48);
    if ((off[0] | off[1]) != 0) break;
    at += 64;
  }
  while (at + 8 <= length) {
    const std::uint64_t off = load(a + at) ^ load(b + at);
    if (off != 0) return at + first_difference(off);
    at += 8;
  }
  while (at < length && a[at] == b[at]) ++at;
  return at;
}

// The first '<' at or after `at`; npos if there is none.
std::size_t find_tag(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::string_view::npos;
  const void* found = std::memchr(text.data() + at, '<', text.size() - at);
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

Error not_xml(std::string_view what, std::string_view text, std::size_t at) {
  return make_error(ErrorKind::protocol, "'{}' is {}", printable(text.substr(at, 40), 60), what);
}

}  // namespace

Result<std::optional<std::size_t>> JobTemplate::read(std::string_view text) {
  constexpr std::optional<std::size_t> k_cut;
  std::array<std::string_view, k_depth_max> open{};
  std::size_t depth = 0;
  std::int32_t outer = -1;  // the field that the open element of depth 1 is
  m_text.clear();
  m_leaves.clear();
  m_spans = {};
  m_memo = -1;
  std::size_t at = k_job_open.size();
  while (true) {
    while (at < text.size() && is_blank(text[at])) ++at;
    if (at + 1 >= text.size()) return k_cut;
    if (text[at] != '<') return not_xml("text between elements", text, at);
    if (text[at + 1] == '/') {
      const std::string_view name = depth == 0 ? "Job" : open[depth - 1];
      if (text.size() < at + name.size() + 3) return k_cut;
      if (text.substr(at + 2, name.size()) != name || text[at + 2 + name.size()] != '>') {
        return not_xml("not the end of the element that is open", text, at);
      }
      if (depth == 1 && outer >= 0) m_spans[static_cast<std::size_t>(outer)].end = at;
      at += name.size() + 3;
      if (depth == 0) break;
      --depth;
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() && is_name(text[end])) ++end;
    if (end == text.size()) return k_cut;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    if (text[end] != '>' || name.empty() || name == "Job") return not_xml("no element of a job", text, at);
    const std::size_t begin = end + 1;
    const std::size_t tag = find_tag(text, begin);
    if (tag == std::string_view::npos || tag + 1 >= text.size()) return k_cut;
    const std::int32_t field = depth == 0 ? field_of(name) : -1;
    if (field >= 0) {
      Span& span = m_spans[static_cast<std::size_t>(field)];
      if (span.there) return not_xml("there twice in one job", text, at);
      span = {.begin = begin, .end = tag, .there = true};
    }
    if (text[tag + 1] == '/') {
      if (text.size() < tag + name.size() + 3) return k_cut;
      if (text.substr(tag + 2, name.size()) != name || text[tag + 2 + name.size()] != '>') {
        return not_xml("not the end of the element that is open", text, tag);
      }
      if (m_leaves.size() == k_leaves_max) return not_xml("one element too many", text, at);
      const bool of_resources = depth > 0 && outer == static_cast<std::int32_t>(Field::resources);
      m_leaves.push_back({.begin = begin, .end = tag, .field = of_resources ? outer : field});
      at = tag + name.size() + 3;
      continue;
    }
    if (depth == k_depth_max) return not_xml("too deep", text, at);
    if (depth == 0) outer = field;
    open[depth++] = name;
    at = begin;
  }
  m_text.assign(text.substr(0, at));
  m_record = {.fields = {}, .same = true, .memo = &m_memo};
  for (std::size_t i = 0; i < k_fields; ++i) {
    const Span& span = m_spans[i];
    if (span.there) m_record.fields[i] = std::string_view(m_text).substr(span.begin, span.end - span.begin);
  }
  return std::optional<std::size_t>(at);
}

JobRecord JobTemplate::own() { return m_record; }

JobTemplate::Match JobTemplate::match(std::string_view text, JobRecord& record, std::size_t& length) {
  constexpr auto k_resources = static_cast<std::int32_t>(Field::resources);
  const char* const mine = m_text.data();
  const std::size_t size = m_text.size();
  std::size_t at = 0;    // in the template
  std::size_t here = 0;  // in the text
  std::size_t leaf = 0;
  record = m_record;
  std::size_t resources_begin = std::string_view::npos;
  std::size_t resources_end = 0;
  while (true) {
    const std::size_t same = common(mine + at, text.data() + here, std::min(size - at, text.size() - here));
    at += same;
    here += same;
    if (at == size) break;
    if (here == text.size()) return Match::cut;
    while (leaf < m_leaves.size() && m_leaves[leaf].end < at) ++leaf;
    if (leaf == m_leaves.size() || m_leaves[leaf].begin > at) return Match::no;
    const Leaf& changed = m_leaves[leaf];
    const std::size_t begin = here - (at - changed.begin);
    const std::size_t end = find_tag(text, here);
    if (end == std::string_view::npos) return Match::cut;
    if (changed.field >= 0) {
      if (changed.field == k_resources) {
        const Span& span = m_spans[static_cast<std::size_t>(k_resources)];
        if (resources_begin == std::string_view::npos) resources_begin = begin - (changed.begin - span.begin);
        resources_end = end + (span.end - changed.end);
      } else {
        record.fields[static_cast<std::size_t>(changed.field)] = text.substr(begin, end - begin);
      }
      if (static_cast<std::size_t>(changed.field) < k_first_of_job) record.same = false;
    }
    at = changed.end;
    here = end;
    ++leaf;
  }
  if (resources_begin != std::string_view::npos) {
    record.fields[static_cast<std::size_t>(k_resources)] =
        text.substr(resources_begin, resources_end - resources_begin);
  }
  length = here;
  return Match::yes;
}

}  // namespace tide::batch::torque
