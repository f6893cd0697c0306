#pragma once

#include <tide/util/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tide::core {

// What @TIDE_HEAD@, @TIDE_CLUSTER@, @TIDE_POOL@ and @TIDE_NODE@ stand for.
struct UserDataValues {
  std::string head;
  std::string cluster;
  std::string pool;
  std::optional<std::string> node;  // absent where one call makes several machines
};

// The template with its values put in. Errors are of kind config: an unknown @TIDE_X@, @TIDE_NODE@ without a node, a
// value that is empty or has other characters than [A-Za-z0-9._:/-] (it would go into a script that runs as root).
Result<std::string> render_user_data(std::string_view text, const UserDataValues& values);

// "a call makes one machine" is then the only way to launch it.
bool wants_node_name(std::string_view user_data);

// One @TIDE_X@ of a template.
struct Placeholder {
  std::string word;    // "HEAD"
  std::size_t at = 0;  // byte of its first '@'
  int line = 1;
};
std::vector<Placeholder> placeholders_in(std::string_view user_data);
bool is_known_placeholder(std::string_view word);

}  // namespace tide::core
