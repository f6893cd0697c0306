#include <tide/core/user_data.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::core {

namespace {

constexpr std::string_view k_mark = "@TIDE_";
constexpr std::string_view k_word_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr std::string_view k_value_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-";
constexpr std::array<std::string_view, 4> k_words{"HEAD", "CLUSTER", "POOL", "NODE"};
constexpr std::string_view k_words_hint = "Use @TIDE_HEAD@, @TIDE_CLUSTER@, @TIDE_POOL@ or @TIDE_NODE@.";

Result<std::string> value_of(const Placeholder& placeholder, const UserDataValues& values) {
  const std::string& word = placeholder.word;
  if (!is_known_placeholder(word)) {
    return make_error(ErrorKind::config, "'@TIDE_{}@' in line {} of the user data is not known", word, placeholder.line)
        .with_hint(std::string(k_words_hint));
  }
  if (word == "NODE" && !values.node) {
    return make_error(ErrorKind::config,
                      "'@TIDE_NODE@' in line {} of the user data has no value: one call makes several machines",
                      placeholder.line)
        .with_hint("Read the name from the metadata service (tide:names) instead, as examples/user-data does.");
  }
  const std::string& value = word == "HEAD"      ? values.head
                             : word == "CLUSTER" ? values.cluster
                             : word == "POOL"    ? values.pool
                                                 : *values.node;
  if (value.empty() || value.find_first_not_of(k_value_letters) != std::string::npos) {
    return make_error(ErrorKind::config,
                      "'@TIDE_{}@' would become '{}': only letters, digits and . _ : / - may go into a script", word,
                      printable(value, 80))
        .with_hint(word == "HEAD" ? "Set [cluster] head to the head's host name." : "Choose a plainer name.");
  }
  return value;
}

}  // namespace

std::vector<Placeholder> placeholders_in(std::string_view user_data) {
  std::vector<Placeholder> found;
  int line = 1;
  std::size_t counted = 0;
  for (std::size_t at = user_data.find(k_mark); at != std::string_view::npos; at = user_data.find(k_mark, at + 1)) {
    const std::size_t begin = at + k_mark.size();
    const std::size_t end = user_data.find_first_not_of(k_word_letters, begin);
    if (end == std::string_view::npos || end == begin || user_data[end] != '@') continue;
    line += static_cast<int>(std::ranges::count(user_data.substr(counted, at - counted), '\n'));
    counted = at;
    found.push_back({.word = std::string(user_data.substr(begin, end - begin)), .at = at, .line = line});
  }
  return found;
}

bool is_known_placeholder(std::string_view word) { return std::ranges::find(k_words, word) != k_words.end(); }

bool wants_node_name(std::string_view user_data) { return user_data.find("@TIDE_NODE@") != std::string_view::npos; }

Result<std::string> render_user_data(std::string_view text, const UserDataValues& values) {
  std::string rendered;
  std::size_t done = 0;
  for (const auto& placeholder : placeholders_in(text)) {
    TIDE_TRY_ASSIGN(const std::string value, value_of(placeholder, values));
    rendered += text.substr(done, placeholder.at - done);
    rendered += value;
    done = placeholder.at + k_mark.size() + placeholder.word.size() + 1;
  }
  rendered += text.substr(done);
  return rendered;
}

}  // namespace tide::core
