#pragma once

#include <tide/util/result.hpp>

#include <string>

namespace tide::cloud {

// What a person can do about an error of a cloud's API, where that differs from cloud to cloud.
struct Hints {
  std::string auth;
  std::string capacity;
  std::string quota;
  std::string network;
  std::string foreign;  // what answered speaks another protocol
};

// "" where there is nothing to do. `cloud` is the name of its [clouds.x].
std::string hint_for(ErrorKind kind, const std::string& cloud, const Hints& hints);

}  // namespace tide::cloud
