#include <tide/batch/gridengine/notes.hpp>
#include <tide/core/node.hpp>
#include <tide/util/text.hpp>

#include <fmt/format.h>

namespace tide::batch::gridengine {

namespace {

constexpr char k_separator = '|';  // encode_note() never yields it

bool stays_as_it_is(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '.' ||
         c == '-' || c == '/' || c == '+';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string encode_note(std::string_view note) {
  std::string value;
  for (const char c : note) {
    if (c == ' ') {
      value += '_';
    } else if (stays_as_it_is(c)) {
      value += c;
    } else {
      value += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return value;
}

std::string decode_note(std::string_view value) {
  std::string note;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const int high = value[i] == '%' && i + 2 < value.size() ? hex_digit(value[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(value[i + 2]);
    if (low >= 0) {
      note += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      note += value[i] == '_' ? ' ' : value[i];
    }
  }
  return printable(note, 512);
}

std::string encode_mark(const Mark& mark) {
  std::string value = encode_note(mark.note);
  for (const std::string& queue : mark.closed) (value += k_separator) += encode_note(queue);
  return value;
}

Mark decode_mark(std::string_view value) {
  const std::size_t end = value.find(k_separator);
  // A person's own text may hold anything.
  const bool ours = value.starts_with(k_separator) || decode_note(value).starts_with(core::k_note_prefix);
  if (end == std::string_view::npos || !ours) return {.note = decode_note(value), .closed = {}};
  Mark mark{.note = decode_note(value.substr(0, end)), .closed = {}};
  for (const std::string_view queue : split(value.substr(end + 1), k_separator)) {
    if (!queue.empty()) mark.closed.push_back(decode_note(queue));
  }
  return mark;
}

}  // namespace tide::batch::gridengine
