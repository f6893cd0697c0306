#include <tide/batch/openpbs/text_reader.hpp>
#include <tide/util/text.hpp>

namespace tide::batch::openpbs {

Result<void> TextReader::check_whole() const {
  if (!m_rest.empty()) return make_error(ErrorKind::unproven, "its output ends in the middle of a line");
  if (m_in_object && !m_blank)
    return make_error(ErrorKind::unproven, "its output ends without the blank line behind an object");
  return {};
}

Error TextReader::stray(std::string_view line) const {
  return make_error(ErrorKind::protocol, "line {}, '{}', has no place where it is", m_line, printable(line, 80));
}

Error TextReader::zero_byte() const {
  return make_error(ErrorKind::protocol, "there is a zero byte after line {}", m_line);
}

Error TextReader::too_long() const {
  return make_error(ErrorKind::protocol, "the value at line {} is longer than {} bytes", m_line + 1, k_line_max);
}

}  // namespace tide::batch::openpbs
