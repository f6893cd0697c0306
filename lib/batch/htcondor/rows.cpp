#include <tide/batch/htcondor/rows.hpp>
#include <tide/util/text.hpp>

namespace tide::batch::htcondor {

std::string print_format(std::span<const Column> columns, bool totals) {
  std::string format = "SELECT NOTITLE NOHEADER FIELDPREFIX \"\" FIELDSUFFIX \"\\t\"\n";
  // WIDTH 0: else each column is as wide as its longest value so far.
  for (const Column& column : columns)
    format += fmt::format("   {} WIDTH 0 PRINTF \"{}\"\n", column.expression, column.raw ? "%r" : "%V");
  format += totals ? "SUMMARY STANDARD\n" : "SUMMARY NONE\n";
  return format;
}

std::vector<std::string_view> columns_of(std::string_view line, bool cut) {
  std::vector<std::string_view> columns = split(line, '\t');
  if (cut) columns.pop_back();
  return columns;
}

bool is_undefined(std::string_view value) { return value.empty() || value == "undefined" || value == "null"; }

std::string text_of(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return "";
  value = value.substr(1, value.size() - 2);
  std::string text;
  text.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\' || i + 1 == value.size()) {
      text += value[i];
      continue;
    }
    const char next = value[++i];
    text += next == 'n' ? '\n' : next == 't' ? '\t' : next == 'r' ? '\r' : next;
  }
  return text;
}

}  // namespace tide::batch::htcondor
