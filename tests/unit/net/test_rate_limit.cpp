#include "tests/support/hand_clock.hpp"

#include <tide/net/rate_file.hpp>
#include <tide/net/rate_limit.hpp>
#include <tide/util/files.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

using namespace tide;
using namespace std::chrono_literals;
using net::Buckets;
using net::Draw;
TEST_SUITE_BEGIN("net/rate_limit");

namespace {

constexpr std::int64_t k_second = 1'000'000;

struct Folder {
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path = "/tmp/tide-rates-XXXXXX";
};

std::vector<Draw> one(std::int64_t amount = 1) {
  return {{.bucket = "a/read", .rate = {.burst = 10, .per_second = 2}, .amount = amount}};
}

}  // namespace

TEST_CASE("parse_rate: at once and a second, or none") {
  CHECK(*net::parse_rate("100/20") == net::Rate{100, 20});
  CHECK(*net::parse_rate("none") == net::Rate{});
  for (const char* bad : {"", "100", "0/1", "1/0", "-1/1", "1/2/3", "a/b", "1.5/1", "99999999999/1"}) {
    const auto rate = net::parse_rate(bad);
    CHECK_MESSAGE(!rate, bad);
    if (!rate) CHECK(rate.error().kind == ErrorKind::config);
  }
}

TEST_CASE("take: a burst at once, then the rate, whoever asks") {
  Buckets buckets;
  std::int64_t now = 5 * k_second;
  for (int i = 0; i < 10; ++i) CHECK(net::take(buckets, one(), now, now).at == now);
  CHECK_FALSE(net::take(buckets, one(), now, now).taken);
  CHECK(net::take(buckets, one(), now, now + k_second).at == now + k_second / 2);
  CHECK(net::take(buckets, one(), now, now + k_second).at == now + k_second);
  CHECK_FALSE(net::take(buckets, one(), now, now + k_second).taken);
  now += 100 * k_second;  // full again, and no fuller than full
  for (int i = 0; i < 10; ++i) CHECK(net::take(buckets, one(), now, now).taken);
  CHECK_FALSE(net::take(buckets, one(), now, now).taken);
}

TEST_CASE("take: over any time no more than the burst and what the rate gave") {
  Buckets buckets;
  int sent = 0;
  for (std::int64_t now = k_second; now < 61 * k_second; now += 10'000) {
    if (net::take(buckets, one(), now, now).taken) ++sent;
  }
  CHECK(sent <= 10 + 2 * 60);
  CHECK(sent >= 10 + 2 * 60 - 2);
}

TEST_CASE("take: all of the draws or none, the slowest decides, no limit is no row") {
  Buckets buckets;
  std::vector<Draw> draws = one();
  draws.push_back({.bucket = "a/machines", .rate = {.burst = 1000, .per_second = 2}, .amount = 500});
  draws.push_back({.bucket = "a/free", .rate = {}, .amount = 5});
  const std::int64_t now = k_second;
  CHECK(net::take(buckets, draws, now, now).taken);
  CHECK(net::take(buckets, draws, now, now).taken);
  const Buckets before = buckets;
  const auto third = net::take(buckets, draws, now, now + 120 * k_second);
  CHECK_FALSE(third.taken);
  CHECK(third.at == now + 250 * k_second);
  CHECK(buckets == before);
  CHECK_FALSE(buckets.contains("a/free"));
  // Two draws of one bucket add up.
  Buckets fresh;
  std::vector<Draw> twice = one(8);
  twice.push_back(twice.front());
  CHECK(net::take(fresh, twice, now, now + 10 * k_second).at == now + 3 * k_second);
}

TEST_CASE("take: rows that no tide can have written are dropped, and so are full ones") {
  Buckets buckets{{"a/read", std::int64_t{1} << 62}, {"old", 1}};
  CHECK(net::take(buckets, one(), k_second, k_second).taken);
  CHECK(buckets.size() == 1);
}

TEST_CASE("account_of: whose, where and by which key, without the key") {
  const std::string name = net::account_of("ec2/eu-central-1", "https://ec2.example:8773/x", "AKIDTEST");
  CHECK(name.starts_with("ec2/eu-central-1/ec2.example:8773/"));
  CHECK(name.find("AKIDTEST") == std::string::npos);
  CHECK(name != net::account_of("ec2/eu-central-1", "https://ec2.example:8773/x", "AKIDOTHER"));
}

TEST_CASE("SharedRateLimiter: two processes share one bucket through the file") {
  const Folder folder;
  test::HandClock clock;
  const std::vector<std::string> paths{folder.path + "/rates"};
  net::SharedRateLimiter first(paths, clock, nullptr);
  net::SharedRateLimiter second(paths, clock, nullptr);
  for (int i = 0; i < 5; ++i) {
    CHECK(*first.reserve(one()) == clock.at);
    CHECK(*second.reserve(one()) == clock.at);
  }
  CHECK(*first.reserve(one()) == clock.at + 500ms);
  CHECK(*second.reserve(one()) == clock.at + 1000ms);
  struct stat info {};
  REQUIRE(::stat(paths.front().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);
  // After a boot the clock starts anew, and so do the buckets.
  clock.boot_id = "boot-2";
  CHECK(*first.reserve(one()) == clock.at);
}

TEST_CASE("SharedRateLimiter: what does not fit before the deadline is unsent, says when, and takes nothing") {
  const Folder folder;
  test::HandClock clock;
  net::Deadline deadline(clock);
  deadline.begin(20s);
  net::SharedRateLimiter limiter({folder.path + "/rates"}, clock, &deadline);
  REQUIRE(limiter.reserve(one(10)));
  for (int i = 0; i < 3; ++i) {
    const auto late = limiter.reserve(one(50));
    REQUIRE_FALSE(late);
    CHECK(late.error().kind == ErrorKind::unsent);
    CHECK(late.error().retry_after_seconds == 25);
    CHECK(late.error().message.find("25 s") != std::string::npos);
  }
  CHECK(*limiter.reserve(one(40)) == clock.at + 20s);
}

TEST_CASE(
    "SharedRateLimiter: a file that is not ours alone is left alone, the next one is taken, else our own memory") {
  const Folder folder;
  const std::string target = folder.path + "/precious";
  REQUIRE(write_file_atomically(target, "precious"));
  const std::string bad = folder.path + "/bad";
  test::HandClock clock;
  const std::vector<std::string> paths{bad, folder.path + "/none/rates"};
  const auto own_memory = [&] {
    net::SharedRateLimiter first(paths, clock, nullptr);
    net::SharedRateLimiter second(paths, clock, nullptr);
    REQUIRE(first.reserve(one(10)));
    CHECK(*first.reserve(one()) > clock.at);
    CHECK(*second.reserve(one(10)) == clock.at);
  };
  REQUIRE(::symlink(target.c_str(), bad.c_str()) == 0);
  own_memory();
  REQUIRE(::unlink(bad.c_str()) == 0);
  REQUIRE(::link(target.c_str(), bad.c_str()) == 0);
  own_memory();
  REQUIRE(::unlink(bad.c_str()) == 0);
  REQUIRE(::mkfifo(bad.c_str(), 0600) == 0);
  own_memory();
  REQUIRE(::unlink(bad.c_str()) == 0);
  REQUIRE(write_file_atomically(bad, "precious", {.mode = 0666}));
  REQUIRE(::chmod(bad.c_str(), 0666) == 0);
  own_memory();
  CHECK(*read_file(bad) == "precious");
  CHECK(*read_file(target) == "precious");
  net::SharedRateLimiter shared({bad, folder.path + "/rates"}, clock, nullptr);
  REQUIRE(shared.reserve(one()));
  CHECK(file_exists(folder.path + "/rates"));
}

TEST_CASE("SharedRateLimiter: a file cut short, of another program or hostile counts for nothing") {
  const Folder folder;
  test::HandClock clock;
  const std::string path = folder.path + "/rates";
  for (const std::string& text :
       {std::string(), std::string("tide-rates-1"), std::string("tide-rates-1 boot-1\na/read"),
        std::string("tide-rates-1 boot-1\na/read 99999999999999999999\n"),
        std::string("tide-rates-1 boot-1\na/read -5\n"), std::string("\0\0\0\n\n", 5), std::string(1U << 20U, 'x')}) {
    REQUIRE(write_file_atomically(path, text));
    net::SharedRateLimiter limiter({path}, clock, nullptr);
    CHECK(*limiter.reserve(one()) == clock.at);
    CHECK(read_file(path)->starts_with("tide-rates-1 boot-1\na/read "));
    CHECK(read_file(path)->size() < 100);
  }
}

TEST_CASE("SharedRateLimiter: a process that keeps the file locked holds nobody for ever") {
  const Folder folder;
  test::HandClock clock;
  const std::string path = folder.path + "/rates";
  auto held = net::RateFile::open(path, clock);
  REQUIRE(held);
  REQUIRE(*held);
  net::SharedRateLimiter limiter({path}, clock, nullptr);
  const auto before = clock.at;
  const auto stuck = limiter.reserve(one());
  REQUIRE_FALSE(stuck);
  CHECK(stuck.error().kind == ErrorKind::unsent);
  CHECK(stuck.error().hint.find("fuser") != std::string::npos);
  CHECK(clock.at - before < 3s);
  held->reset();
  CHECK(limiter.reserve(one()));
}
