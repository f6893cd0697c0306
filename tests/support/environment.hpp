#pragma once

#include <unistd.h>

#include <map>
#include <string>
#include <string_view>

namespace tide::test {

// What `environ` holds, for tools that are no tide: tide's own main() reads its environment itself.
inline std::map<std::string, std::string> whole_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace tide::test
