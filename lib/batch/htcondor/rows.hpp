#pragma once

#include <tide/util/result.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::htcondor {

// One column of what condor_q and condor_status are asked to print.
struct Column {
  std::string_view expression;
  bool raw = false;  // as it is written, else what it evaluates to
};

// What goes to their `-print-format -` on stdin: tabs between columns, no padding, no heading; strings come quoted,
// with \t and \n escaped, so that no value can forge a column or a line. `totals`: condor_q's closing lines.
std::string print_format(std::span<const Column> columns, bool totals);

constexpr std::size_t k_line_max = 256U << 10U;

// Cuts what a command prints into lines while it still writes, in bounded memory: of a line longer than k_line_max only
// its beginning is handed on, as `cut`.
class LineReader {
 public:
  // `on_line` is callable as Result<void>(std::string_view line, bool cut).
  template <typename OnLine>
  Result<void> feed(std::string_view piece, OnLine&& on_line) {
    if (piece.find('\0') != std::string_view::npos)
      return make_error(ErrorKind::protocol, "it has a byte 0 in it: that is no text");
    while (true) {
      const std::size_t end = piece.find('\n');
      if (end == std::string_view::npos) break;
      if (m_rest.empty() && end <= k_line_max) {
        TIDE_TRY(on_line(piece.substr(0, end), false));
      } else {
        keep(piece.substr(0, end));
        TIDE_TRY(on_line(std::string_view(m_rest), m_cut));
        m_rest.clear();
        m_cut = false;
      }
      piece.remove_prefix(end + 1);
    }
    keep(piece);
    return {};
  }

  bool in_line() const { return !m_rest.empty(); }

 private:
  void keep(std::string_view text) {
    const std::size_t room = k_line_max - m_rest.size();
    m_cut = m_cut || text.size() > room;
    m_rest.append(text.substr(0, room));
  }

  std::string m_rest;
  bool m_cut = false;
};

// A row's columns. Of a line that was cut, those that came whole.
std::vector<std::string_view> columns_of(std::string_view line, bool cut);

// Values as they are printed. The string of a quoted one; "" for undefined and all that is none.
std::string text_of(std::string_view value);
bool is_undefined(std::string_view value);

}  // namespace tide::batch::htcondor
