#include <tide/util/files.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

using namespace tide;

namespace {

struct Folder {
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path = "/tmp/tide-files-XXXXXX";
};

unsigned mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777U;
}

std::ptrdiff_t count_in(const std::string& path) {
  return std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator());
}

}  // namespace

TEST_SUITE_BEGIN("util/files");

TEST_CASE("UniqueFd: closes once, and not what it gave away") {
  const int raw = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  UniqueFd fd(raw);
  UniqueFd other(std::move(fd));
  CHECK_FALSE(static_cast<bool>(fd));  // NOLINT(bugprone-use-after-move): what is tested
  CHECK(other.get() == raw);
  other.reset();
  CHECK(::fcntl(raw, F_GETFD) == -1);
  UniqueFd third(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int kept = third.release();
  CHECK(::fcntl(kept, F_GETFD) != -1);
  ::close(kept);
}

TEST_CASE("read_file: whole, up to its bound, with the kernel's words if not") {
  const Folder folder;
  const std::string path = folder.path + "/f";
  const std::string text(200'000, 'x');
  REQUIRE(write_file_atomically(path, text));
  CHECK(read_file(path).value() == text);
  CHECK(read_file(path, 200'000).value() == text);
  CHECK(read_file(path, 199'999).error().message == "'" + path + "' is larger than 199999 bytes");
  CHECK(read_file(path + "x").error().message == "'" + path + "x' cannot be read: No such file or directory");
  CHECK(read_file(folder.path).error().kind == ErrorKind::io);
  CHECK_FALSE(read_file("/proc/self/status").value().empty());
}

TEST_CASE("write_file_atomically: replaces, sets the mode, leaves nothing half done") {
  const Folder folder;
  const std::string path = folder.path + "/f";
  ::umask(077);
  REQUIRE(write_file_atomically(path, "one", {.mode = 0644}));
  CHECK(mode_of(path) == 0644);
  REQUIRE(write_file_atomically(path, "two"));
  CHECK(mode_of(path) == 0600);
  CHECK(read_file(path).value() == "two");
  CHECK(count_in(folder.path) == 1);
  REQUIRE(::mkdir((folder.path + "/d").c_str(), 0700) == 0);
  CHECK_FALSE(write_file_atomically(folder.path + "/d", "x"));
  CHECK(count_in(folder.path) == 2);
  CHECK(write_file_atomically(folder.path + "/none/f", "x").error().kind == ErrorKind::io);
}

TEST_CASE("write_file_atomically: a link stays a link, and what is no file is written into") {
  const Folder folder;
  const std::string& dir = folder.path;
  std::filesystem::create_directory(dir + "/real");
  std::filesystem::create_symlink("real/file", dir + "/link");
  std::filesystem::create_symlink("link", dir + "/second");
  REQUIRE(write_file_atomically(dir + "/second", "one"));
  CHECK(std::filesystem::is_symlink(dir + "/second"));
  CHECK(std::filesystem::is_symlink(dir + "/link"));
  CHECK(read_file(dir + "/real/file").value() == "one");
  REQUIRE(write_file_atomically(dir + "/link", "two"));
  CHECK(read_file(dir + "/real/file").value() == "two");
  std::filesystem::create_symlink("/dev/null", dir + "/null");
  REQUIRE(write_file_atomically(dir + "/null", "gone"));
  CHECK(std::filesystem::is_symlink(dir + "/null"));
  CHECK(std::filesystem::is_character_file("/dev/null"));
  CHECK(write_file_atomically("/dev/full", "x").error().message.find("No space left") != std::string::npos);
  CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("make_directories: all of them, also if there, never through a file") {
  const Folder folder;
  CHECK(make_directories(folder.path + "/a/b/c"));
  CHECK(make_directories(folder.path + "/a/b/c/"));
  CHECK(file_exists(folder.path + "/a/b/c"));
  CHECK(mode_of(folder.path + "/a/b") == 0700);
  REQUIRE(write_file_atomically(folder.path + "/f", ""));
  CHECK(make_directories(folder.path + "/f/g").error().kind == ErrorKind::io);
  CHECK(make_directories(folder.path + "/f").error().kind == ErrorKind::io);
  CHECK_FALSE(file_exists(folder.path + "/none"));
}
