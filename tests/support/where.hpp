#pragma once

#include <string>

// Where this checkout lies. Functions, not macros on the command line: so that the objects of two checkouts are the
// same.
namespace tide::test {

[[nodiscard]] std::string source_folder();
[[nodiscard]] std::string fixtures();

}  // namespace tide::test
