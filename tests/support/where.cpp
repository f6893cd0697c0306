#include "where.hpp"

namespace tide::test {

std::string source_folder() { return TIDE_SOURCE; }

std::string fixtures() { return source_folder() + "/tests/fixtures"; }

}  // namespace tide::test
