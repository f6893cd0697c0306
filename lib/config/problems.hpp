#pragma once

#include <tide/util/result.hpp>

#include <string>
#include <vector>

namespace tide::config {

// Where something stands in the file; line 0: the file as a whole.
struct Place {
  int line = 0;
  int column = 0;

  auto operator<=>(const Place&) const = default;
};

// What is wrong with a file. All of it is told at once: whoever mends a configuration at night mends it once.
class Problems {
 public:
  explicit Problems(std::string path) : m_path(std::move(path)) {}

  void add(Place place, std::string message, std::string hint = {});
  bool any() const { return !m_all.empty(); }
  const std::string& path() const { return m_path; }
  // The first in the file is the message and gives the hint; the others are context lines.
  Error to_error() const;

 private:
  struct Problem {
    Place place;
    std::string message;
    std::string hint;
  };
  std::string m_path;
  std::vector<Problem> m_all;
};

}  // namespace tide::config
