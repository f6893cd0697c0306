#include <tide/batch/torque/job_reader.hpp>
#include <tide/util/text.hpp>

namespace tide::batch::torque {

namespace {

constexpr std::size_t k_prologue_max = 4'096;
constexpr std::string_view k_blanks = " \t\r\n";
constexpr std::string_view k_data_open = "<Data>";
constexpr std::string_view k_data_close = "</Data>";
constexpr std::string_view k_declaration = "<?xml ";

// Could the text, which ends here, go on to be `token`?
bool may_become(std::string_view text, std::string_view token) {
  return text.size() < token.size() && token.starts_with(text);
}

}  // namespace

Error JobReader::bad(std::string_view what, std::string_view text) {
  return make_error(ErrorKind::protocol, "'{}' is {}", printable(text.substr(0, 60), 80), what);
}

Result<std::size_t> JobReader::read(std::string_view text, JobRecord& record) {
  bool cut = false;
  for (std::size_t i = 0; i < m_templates.size(); ++i) {
    const std::size_t index = (m_last + i) % m_templates.size();
    if (m_templates[index].empty()) continue;
    std::size_t length = 0;
    switch (m_templates[index].match(text, record, length)) {
      case JobTemplate::Match::yes: m_last = index; return length;
      case JobTemplate::Match::cut: cut = true; break;
      case JobTemplate::Match::no: break;
    }
    if (cut) break;
  }
  if (cut && text.size() < k_job_max) return std::size_t{0};
  JobTemplate& fresh = m_templates[m_next];
  TIDE_TRY_ASSIGN(const auto length, fresh.read(text));
  if (!length) return std::size_t{0};
  m_last = m_next;
  m_next = (m_next + 1) % m_templates.size();
  record = fresh.own();
  return *length;
}

// What stands before, between and after jobs. How many bytes of it were read; 0 if more are needed.
Result<std::size_t> JobReader::between(std::string_view text) {
  if (const std::size_t blanks = std::min(text.find_first_not_of(k_blanks), text.size()); blanks > 0) return blanks;
  if (m_place == Place::after) return bad("text after the end", text);
  if (m_place == Place::inside) {
    if (text.starts_with(k_data_close)) {
      m_place = Place::after;
      return k_data_close.size();
    }
    if (may_become(text, k_data_close) || may_become(text, k_job_open)) return std::size_t{0};
    return bad("neither a job nor the end", text);
  }
  if (text.starts_with(k_data_open)) {
    m_place = Place::inside;
    return k_data_open.size();
  }
  if (may_become(text, k_data_open) || may_become(text, k_declaration)) return std::size_t{0};
  // A warning of the client may stand in a line before it.
  const bool warning = text.starts_with("Warning");
  if (!warning && !text.starts_with(k_declaration) && !may_become(text, "Warning")) return bad("no list of jobs", text);
  const std::size_t end = text.find(warning ? "\n" : "?>");
  if (std::min(end, text.size()) > k_prologue_max) return bad("no list of jobs", text);
  if (end == std::string_view::npos) return std::size_t{0};
  return end + (warning ? 1 : 2);
}

// How much of the piece belongs to the job that the rest begins; npos if all of it and more.
std::size_t JobReader::end_of_job(std::string_view piece) const {
  const std::size_t overlap = std::min(m_rest.size(), k_job_close.size() - 1);
  std::string seam = m_rest.substr(m_rest.size() - overlap);
  seam.append(piece.substr(0, k_job_close.size() - 1));
  if (const std::size_t found = seam.find(k_job_close); found != std::string::npos) {
    return found + k_job_close.size() - overlap;
  }
  const std::size_t found = piece.find(k_job_close);
  return found == std::string_view::npos ? found : found + k_job_close.size();
}

Result<void> JobReader::check_rest() const {
  if (m_rest.size() <= k_job_max) return {};
  return make_error(ErrorKind::protocol, "a job is longer than {} bytes", k_job_max);
}

Result<void> JobReader::finish() const {
  if (m_place == Place::after) return {};
  if (m_bytes == 0) return make_error(ErrorKind::unproven, "it printed nothing");
  return make_error(ErrorKind::unproven, "its output lacks the '</Data>' that ends a whole one");
}

}  // namespace tide::batch::torque
