#pragma once

#include "fake_nova.hpp"

#include <tide/util/text.hpp>

namespace tide::test {

// A request taken apart: the service's prefix, the path below it, the query.
struct FakeNova::Asked {
  const net::Request& request;
  std::string service;  // "compute"
  std::string path;     // below /compute/v2.1, /image/v2 and so on
  std::map<std::string, std::string> query;
  int minor = 1;  // microversion

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : request.headers) {
      if (to_lower(key) == to_lower(name)) return value;
    }
    return "";
  }
  std::string call() const { return request.method + " " + path; }
};

}  // namespace tide::test
