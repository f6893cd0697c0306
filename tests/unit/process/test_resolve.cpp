#include <tide/process/resolve.hpp>

#include <doctest/doctest.h>

using namespace tide;
using process::resolve;

TEST_SUITE_BEGIN("process/resolve");

TEST_CASE("resolve: PATH is searched in order, bin_dir excludes it") {
  CHECK(resolve("sh", {.bin_dir = "", .path = "/nonexistent::.:/bin:/usr/bin"}).value() == "/bin/sh");
  CHECK(resolve("sh", {.bin_dir = "/usr/bin", .path = "/bin"}).value() == "/usr/bin/sh");
  CHECK(resolve("/bin/sh", {.bin_dir = "/nonexistent", .path = ""}).value() == "/bin/sh");
}

TEST_CASE("resolve: an error names where it looked and what to set") {
  const auto missing = resolve("squeue-of-nobody", {.bin_dir = "", .path = "/bin:/usr/bin"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::config);
  CHECK(missing.error().message == "'squeue-of-nobody' was not found");
  CHECK(missing.error().context == std::vector<std::string>{"looked in /bin, /usr/bin"});
  CHECK(missing.error().hint.find("[batch] bin_dir") != std::string::npos);
  CHECK(resolve("sh", {.bin_dir = "/nonexistent", .path = "/bin"}).error().context ==
        std::vector<std::string>{"looked in /nonexistent"});
  CHECK(resolve("sh", {.bin_dir = "", .path = ""}).error().context ==
        std::vector<std::string>{"looked in no folder: PATH is empty"});
}

TEST_CASE("resolve: no folder, no plain file and no relative path is a program") {
  for (const char* program : {"/bin", "/etc/passwd", "/nonexistent/x", "./sh", "bin/sh", "", ".", ".."}) {
    CAPTURE(program);
    const auto found = resolve(program, {.bin_dir = "", .path = "/:/bin:/etc"});
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::config);
  }
  CHECK_FALSE(resolve("sh", {.bin_dir = "bin", .path = ""}));
}
