#pragma once

#include <tide/store/sqlite_store.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace tide::test {

// Where a store is, until the test ends.
struct Folder {
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string db() const { return path + "/tide.db"; }
  std::string path = "/tmp/tide-store-XXXXXX";
};

inline std::unique_ptr<store::Store> opened(const std::string& path) {
  auto result = store::open_store({.path = path});
  REQUIRE_MESSAGE(result, (result ? "" : result.error().message));
  return std::move(result).value();
}

}  // namespace tide::test
