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

Error not_asked(const Request& request) {
  return make_error(ErrorKind::unsent, "the pass has used up its time: '{}' was not asked",
                    request.url.substr(0, request.url.find('?')))
      .with_hint("The next pass asks again.");
}

}  // namespace tide::net
