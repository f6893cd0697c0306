#include <tide/engine/lock.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

using namespace tide;
using engine::Holder;
using engine::Lock;

namespace {

struct Folder {
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path = "/tmp/tide-lock-XXXXXX";
};

const Holder k_self{.pid = 4'711, .command = "tide scale-once", .since = TimePoint(Seconds(1'764'088'000))};
const Holder k_other{.pid = 12, .command = "tide daemon", .since = TimePoint(Seconds(1'764'089'000))};

}  // namespace

TEST_SUITE_BEGIN("engine/lock");

TEST_CASE("Lock: the second one is refused and told who holds it") {
  const Folder folder;
  {
    const auto lock = Lock::try_take(folder.path, k_self);
    REQUIRE(lock);
    CHECK(Lock::holder(folder.path) == k_self);
    const auto second = Lock::try_take(folder.path, k_other);
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == ErrorKind::lock_held);
    CHECK(second.error().context ==
          std::vector<std::string>{"by 'tide scale-once', process 4711, since 2025-11-25T16:26:40Z"});
    CHECK_FALSE(second.error().hint.empty());
    CHECK(Lock::holder(folder.path) == k_self);  // the loser wrote nothing
  }
  CHECK_FALSE(Lock::holder(folder.path).has_value());
  CHECK(Lock::try_take(folder.path, k_other));
}

TEST_CASE("Lock: a holder that is killed frees it, and its name is no holder's") {
  const Folder folder;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto lock = Lock::try_take(folder.path, k_other);
    if (::write(ready[1], lock ? "y" : "n", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char answer = 'n';
  REQUIRE(::read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  CHECK(Lock::holder(folder.path) == k_other);
  CHECK_FALSE(Lock::try_take(folder.path, k_self));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  CHECK_FALSE(Lock::holder(folder.path).has_value());
  CHECK(Lock::try_take(folder.path, k_self));
}

TEST_CASE("Lock: who only looks never makes a pass fail") {
  const Folder folder;
  REQUIRE(Lock::try_take(folder.path, k_self));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (;;) static_cast<void>(Lock::holder(folder.path));
  }
  int refused = 0;
  for (int i = 0; i < 3'000; ++i) refused += Lock::try_take(folder.path, k_self) ? 0 : 1;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(refused == 0);
}

TEST_CASE("Lock: an admin's flock(1) holds tide off, and the last holder's name is not blamed") {
  const Folder folder;
  REQUIRE(Lock::try_take(folder.path, k_self));
  UniqueFd admin(::open((folder.path + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::flock(admin.get(), LOCK_EX) == 0);
  const auto lock = Lock::try_take(folder.path, k_self);
  REQUIRE_FALSE(lock);
  CHECK(lock.error().kind == ErrorKind::lock_held);
  CHECK(lock.error().context == std::vector<std::string>{"by a program that has not left its name here yet"});
  admin.reset();
  CHECK(Lock::try_take(folder.path, k_self));
}

TEST_CASE("Lock: the folder is made, one that cannot be made is an error, a strange file is no holder") {
  const Folder folder;
  CHECK(Lock::try_take(folder.path + "/a/b", k_self));
  const auto bad = Lock::try_take("/proc/no/such", k_self);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().kind == ErrorKind::io);
  CHECK_FALSE(bad.error().hint.empty());
  REQUIRE(::symlink("/tmp/elsewhere", (folder.path + "/lock").c_str()) == 0);
  CHECK(Lock::try_take(folder.path, k_self).error().kind == ErrorKind::io);  // never follows a link
  CHECK_FALSE(file_exists("/tmp/elsewhere"));
  CHECK_FALSE(Lock::holder("/nonexistent").has_value());
}

TEST_CASE("Lock: a command with a line end keeps the file readable") {
  const Folder folder;
  Holder strange = k_self;
  strange.command = "tide\nlaunch";
  const auto lock = Lock::try_take(folder.path, strange);
  REQUIRE(lock);
  REQUIRE(Lock::holder(folder.path));
  CHECK(Lock::holder(folder.path)->command == "tide\\x0alaunch");
}
