#include <tide/util/hostlist.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <charconv>

namespace tide {
namespace {

constexpr std::size_t k_digits_max = 18;        // fits a signed 64-bit number
constexpr std::size_t k_name_length_max = 255;  // what DNS allows

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error bad_list(std::string_view text, std::string_view why) {
  return make_error(ErrorKind::protocol, "'{}' is no list of names: {}", printable(text, 120), why);
}

std::string padded(std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

std::optional<std::int64_t> number_of(std::string_view digits) {
  if (digits.empty() || digits.size() > k_digits_max || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  return parse_integer(digits);
}

// "001-003,7" to its numbers as written.
Result<std::vector<std::string>> expand_bracket(std::string_view whole, std::string_view inside,
                                                std::size_t count_max) {
  std::vector<std::string> numbers;
  for (const std::string_view range : split(inside, ',')) {
    const std::size_t dash = range.find('-');
    const std::string_view low_digits = range.substr(0, dash);
    const std::string_view high_digits = dash == std::string_view::npos ? low_digits : range.substr(dash + 1);
    const auto low = number_of(low_digits);
    const auto high = number_of(high_digits);
    if (!low || !high) return bad_list(whole, "a bracket holds what is no number");
    if (*high < *low) return bad_list(whole, "a range falls");
    if (static_cast<std::uint64_t>(*high - *low) >= count_max - numbers.size())
      return bad_list(whole, "too many names");
    for (std::int64_t n = *low; n <= *high; ++n) numbers.push_back(padded(n, low_digits.size()));
  }
  return numbers;
}

// One entry, "a[1-2]b[3-4]", multiplied out.
Result<std::vector<std::string>> expand_entry(std::string_view whole, std::string_view entry, std::size_t count_max) {
  std::vector<std::string> names{""};
  while (!entry.empty()) {
    const std::size_t open = entry.find('[');
    for (std::string& name : names) name += entry.substr(0, open);
    if (names.front().size() > k_name_length_max) return bad_list(whole, "a name is too long");
    if (open == std::string_view::npos) break;
    const std::size_t close = entry.find(']', open);
    TIDE_TRY_ASSIGN(const auto numbers, expand_bracket(whole, entry.substr(open + 1, close - open - 1), count_max));
    if (numbers.size() > count_max / names.size()) return bad_list(whole, "too many names");
    std::vector<std::string> product;
    product.reserve(names.size() * numbers.size());
    for (const std::string& name : names) {
      for (const std::string& number : numbers) product.push_back(name + number);
    }
    names = std::move(product);
    entry.remove_prefix(close + 1);
  }
  return names;
}

// Cuts at the commas outside of brackets.
Result<std::vector<std::string_view>> entries_of(std::string_view text) {
  std::vector<std::string_view> entries;
  std::size_t begin = 0;
  bool inside = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (c == '[' ? inside : (c == ']' && !inside)) return bad_list(text, "brackets do not pair");
    if (i == text.size() && inside) return bad_list(text, "brackets do not pair");
    if (c == '[' || c == ']') inside = c == '[';
    if (c != ',' || inside) continue;
    if (i == begin) return bad_list(text, "a name is empty");
    entries.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return entries;
}

// "wn007" is prefix "wn", digits "007"; without a number at the end, digits is empty.
struct Numbered {
  std::string_view prefix;
  std::string_view digits;
};

Numbered numbered(std::string_view name) {
  std::size_t begin = name.size();
  while (begin > 0 && is_digit(name[begin - 1]) && name.size() - begin < k_digits_max) --begin;
  return {name.substr(0, begin), name.substr(begin)};
}

bool joins(const Numbered& first, const Numbered& next) {
  return !next.digits.empty() && !first.digits.empty() && next.prefix == first.prefix;
}

// Ranges of names[begin, end), all of one prefix, as they stand between brackets.
std::string ranges_of(std::span<const std::string> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size();) {
    const std::string_view low_digits = numbered(names[i]).digits;
    const std::int64_t low = number_of(low_digits).value_or(0);
    std::size_t length = 1;
    while (i + length < names.size() &&
           numbered(names[i + length]).digits == padded(low + static_cast<std::int64_t>(length), low_digits.size())) {
      ++length;
    }
    if (!text.empty()) text += ',';
    text += low_digits;
    if (length > 1) text.append("-").append(numbered(names[i + length - 1]).digits);
    i += length;
  }
  return text;
}

}  // namespace

Result<std::vector<std::string>> expand_hostlist(std::string_view text, std::size_t count_max) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  TIDE_TRY_ASSIGN(const auto entries, entries_of(text));
  for (const std::string_view entry : entries) {
    if (names.size() >= count_max) return bad_list(text, "too many names");
    TIDE_TRY_ASSIGN(auto more, expand_entry(text, entry, count_max - names.size()));
    names.insert(names.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return names;
}

std::string compress_hostlist(std::span<const std::string> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size();) {
    const Numbered first = numbered(names[i]);
    std::size_t length = 1;
    while (i + length < names.size() && joins(first, numbered(names[i + length]))) ++length;
    if (!text.empty()) text += ',';
    text += first.prefix;
    if (length == 1) {
      text += first.digits;
    } else {
      text.append("[").append(ranges_of(names.subspan(i, length))).append("]");
    }
    i += length;
  }
  return text;
}

}  // namespace tide
