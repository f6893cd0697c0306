#pragma once

#include <tide/util/result.hpp>

#include <string>
#include <string_view>

namespace tide::batch::slurm {

constexpr std::size_t k_line_max = 16U << 20U;  // the sparsest array of a million tasks needs some 7 MB

// Cuts what a command prints into lines while it still writes. A line handed on is good until the call returns.
class LineReader {
 public:
  // `on_line` is callable as Result<void>(std::string_view), without the line's end.
  template <typename OnLine>
  Result<void> feed(std::string_view piece, OnLine&& on_line) {
    if (piece.find('\0') != std::string_view::npos)
      return make_error(ErrorKind::protocol, "it has a byte 0 in it: that is no text");
    while (true) {
      const std::size_t end = piece.find('\n');
      if (end == std::string_view::npos) break;
      if (m_rest.empty()) {
        TIDE_TRY(on_line(piece.substr(0, end)));
      } else {
        m_rest.append(piece.substr(0, end));
        const std::string line = std::move(m_rest);
        m_rest.clear();
        TIDE_TRY(on_line(std::string_view(line)));
      }
      piece.remove_prefix(end + 1);
    }
    m_rest.append(piece);
    if (m_rest.size() > k_line_max)
      return make_error(ErrorKind::protocol, "a line is longer than {} bytes", k_line_max);
    return {};
  }

  // What came after the last line's end: a whole output leaves nothing.
  const std::string& rest() const { return m_rest; }

 private:
  std::string m_rest;
};

}  // namespace tide::batch::slurm
