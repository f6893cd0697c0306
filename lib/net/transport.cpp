#include <tide/net/transport.hpp>

#include <tide/util/text.hpp>

namespace tide::net {

std::string_view Response::header(std::string_view name) const {
  const std::string wanted = to_lower(name);
  for (const auto& [key, value] : headers) {
    if (to_lower(key) == wanted) return value;
  }
  return {};
}

}  // namespace tide::net
