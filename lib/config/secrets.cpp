#include <tide/config/config.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::config {

namespace {

constexpr std::string_view k_upper_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::size_t k_key_length = 20;  // "AKIA" and 16 more
constexpr std::array<std::string_view, 6> k_words{"password",          "passwd", "secret", "secret_key",
                                                  "secret_access_key", "token"};

// An AWS access key ID: AKIA (of a user) or ASIA (of a session).
bool has_aws_key(std::string_view line) {
  for (const std::string_view prefix : {std::string_view("AKIA"), std::string_view("ASIA")}) {
    for (auto at = line.find(prefix); at != std::string_view::npos; at = line.find(prefix, at + 1)) {
      const std::string_view key = line.substr(at, k_key_length);
      const bool whole = key.size() == k_key_length && key.find_first_not_of(k_upper_digits) == std::string_view::npos;
      const bool alone = at == 0 || k_upper_digits.find(line[at - 1]) == std::string_view::npos;
      if (whole && alone) return true;
    }
  }
  return false;
}

bool is_word_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

// NAME=VALUE or NAME: VALUE where the name ends in a word for secrets and the value is written out: not a variable, a
// command, a path or nothing.
bool assigns_secret(std::string_view line) {
  const std::string lower = to_lower(line);
  for (const std::string_view word : k_words) {
    for (auto at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
      std::size_t end = at + word.size();
      if (end < lower.size() && is_word_letter(lower[end])) continue;
      while (end < lower.size() && (lower[end] == ' ' || lower[end] == '"')) ++end;
      if (end >= lower.size() || (lower[end] != '=' && lower[end] != ':')) continue;
      std::string_view value = trim(std::string_view(lower).substr(end + 1));
      while (!value.empty() && (value.front() == '"' || value.front() == '\'' || value.front() == '='))
        value.remove_prefix(1);
      const bool indirect = value.empty() || value.front() == '$' || value.front() == '`' || value.front() == '/' ||
                            value.front() == '<' || value.front() == '@' || value.front() == '#' ||
                            value.front() == '}' || value.front() == ';' || value.front() == '%' ||
                            value.front() == '{';
      if (!indirect) return true;
    }
  }
  return false;
}

// 30 bytes or more written as base64: a munge key has 32 to 1024.
bool has_blob(std::string_view line) {
  constexpr std::size_t k_length = 40;
  std::size_t length = 0;
  bool digit = false;
  bool capital = false;
  for (const char c : line) {
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_capital = c >= 'A' && c <= 'Z';
    const bool in_run = is_digit || is_capital || (c >= 'a' && c <= 'z') || c == '+' || c == '/' || c == '=';
    length = in_run ? length + 1 : 0;
    digit = in_run && (digit || is_digit);
    capital = in_run && (capital || is_capital);
    if (length >= k_length && digit && capital) return true;
  }
  return false;
}

// A munge key is bytes without a mark of their own: known by the file's name, in the same line or a few lines off.
class MungeKey {
 public:
  bool found(std::string_view line, int number) {
    if (line.find("munge.key") != std::string_view::npos) m_named = number;
    if (has_blob(line)) m_blob = number;
    const bool near = m_named > 0 && m_blob > 0 && m_named - m_blob <= k_near && m_blob - m_named <= k_near;
    return near;
  }

 private:
  static constexpr int k_near = 4;
  int m_named = 0;
  int m_blob = 0;
};

}  // namespace

std::optional<SecretFound> find_secret(std::string_view text) {
  int number = 0;
  MungeKey munge;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view words = trim(line);
    if (line.find("PRIVATE KEY-----") != std::string_view::npos)
      return SecretFound{.line = number, .what = "a private key"};
    if (words.starts_with('#')) continue;
    if (has_aws_key(line)) return SecretFound{.line = number, .what = "an AWS access key"};
    if (munge.found(line, number)) return SecretFound{.line = number, .what = "a munge key"};
    if (assigns_secret(line)) return SecretFound{.line = number, .what = "a password, secret or token"};
  }
  return std::nullopt;
}

}  // namespace tide::config
