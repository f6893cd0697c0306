#include "folder.hpp"

#include <tide/core/memory.hpp>
#include <tide/store/sqlite_store.hpp>
#include <tide/util/files.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

using namespace tide;
using core::Memory;
using store::Event;
using store::open_store;
using test::Folder;
using test::opened;

namespace {

core::Intent intent(const std::string& id, const std::string& because = "3 jobs wait") {
  core::Intent row;
  row.id = {id};
  row.request.intent = {id};
  row.request.pool = {"small"};
  row.request.user_data = std::string("#!/bin/sh\n\xc3\xa4 \" \\ \x01", 18);
  row.because = because;
  row.made_at = TimePoint(Seconds(1'764'088'000));
  return row;
}

// Something in every field that has a row or a fact of its own.
Memory full_memory() {
  Memory memory;
  memory.head = {"head-1"};
  memory.server = "physics";
  memory.taken_over = {{"head-0"}, {"head-x"}};
  memory.passes = 41;
  memory.clock = {.wall = TimePoint(Seconds(1'764'088'000)), .boot = {.boot_id = "b", .seconds = 7}, .age = {99}};
  memory.intents[{"i1"}] = intent("i1");
  memory.machines[{"m1"}].id = {"m1"};
  memory.machines[{"m1"}].registered = Moment{5};
  memory.holds[{"n1"}].node = {"n1"};
  memory.nodes[{"n1"}].node = {"n1"};
  memory.back_offs["aws/small"] = {
      .key = "aws/small", .kind = ErrorKind::capacity, .attempts = 2, .until = {60}, .why = "none left"};
  memory.breakers[{"small"}] = {.pool = {"small"}, .failures = 3, .open = true, .last = "m0"};
  memory.last_good = {.nodes = {{"n1"}}, .running = {{{"n1"}, {{"77"}}}}};
  memory.sleep = core::Sleep{.by = "alice", .reason = "", .since = TimePoint(Seconds(7)), .until = {}};
  memory.resizes[{"small"}] = {.pool = {"small"}, .min = 2, .max = 9, .by = "alice", .since = TimePoint(Seconds(7))};
  memory.suspicion = core::Suspicion{.since = {3}, .why = "all gone", .missing = {{"n1"}}, .accepted = false};
  memory.rebuild = Moment{12};
  core::HealthRow sick{.says = {.id = {"m1"}}, .impaired_since = Moment{4}};
  sick.says.impaired = "system check";
  memory.health[{"aws"}].checks = {.tried = Moment{5}, .read = Moment{4}, .rows = {{{"m1"}, sick}}};
  memory.prices[{"aws"}] = {.tried = Moment{5}, .read = Moment{5}, .rows = {{"c5.large", "eu-central-1a", 38'800}}};
  memory.reservations[{"aws"}] = {
      .tried = Moment{5}, .read = {}, .says = {.reserved = {{"c5.large", "", 2}}, .others = {}, .zones = {}}};
  memory.boots[{"small"}] = {.count = 2, .last = Seconds(60), .typical = Seconds(70), .longest = Seconds(80)};
  memory.spend["2026-11-25/small"] = {.machine_seconds = 60, .unpriced_seconds = 5, .micros_seconds = 1'000};
  memory.spend_clock = core::SpendClock{.wall = TimePoint(Seconds(9)), .boot = {.boot_id = "b", .seconds = 3}};
  return memory;
}

core::Snapshot reading(std::int64_t at) {
  core::Snapshot snapshot;
  snapshot.taken_at = TimePoint(Seconds(at));
  snapshot.age = {at};
  snapshot.nodes->push_back({.name = {"n1"}, .slots = 4});
  snapshot.instances.emplace(core::CloudName{"aws"}, std::vector<core::Instance>{});
  snapshot.memory = full_memory();
  return snapshot;
}

core::Wish wish(const std::string& id) {
  core::Wish row;
  row.id = {id};
  row.targets = {"m1"};
  row.by = "ada@head";
  return row;
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* handle = nullptr;
  REQUIRE(::sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  CHECK(::sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  ::sqlite3_close(handle);
}

}  // namespace

TEST_SUITE_BEGIN("store/sqlite_store");

TEST_CASE("save: what was saved is loaded again by another process's connection, field by field") {
  const Folder folder;
  const Memory memory = full_memory();
  auto first = opened(folder.db());
  CHECK(first->load().value() == Memory{});
  REQUIRE(first->save(Memory{}, memory));
  CHECK(first->load().value() == memory);
  CHECK(opened(folder.db())->load().value() == memory);
  REQUIRE(first->save(memory, Memory{}));  // back to nothing: every row and fact goes
  CHECK(opened(folder.db())->load().value() == Memory{});
}

TEST_CASE("keep: the last reading comes back without its memory, with when each source was last read") {
  const Folder folder;
  auto store = opened(folder.db());
  REQUIRE_FALSE(store->kept().value());
  auto first = reading(1'000);
  REQUIRE(store->keep(first, store::Sample{.at = first.taken_at, .jobs_waiting = 3}));
  auto second = reading(1'060);
  second.instances.insert_or_assign({"aws"}, make_error(ErrorKind::retry, "it does not answer"));
  REQUIRE(store->keep(second, std::nullopt));
  auto reader = open_store({.path = folder.db(), .read_only = true});
  REQUIRE(reader);
  const auto kept = (*reader)->kept();
  REQUIRE(kept);
  REQUIRE(*kept);
  second.memory = {};
  CHECK((*kept)->snapshot == second);
  CHECK((*kept)->read_at.at("batch") == second.taken_at);
  CHECK((*kept)->read_at.at("cloud:aws") == first.taken_at);
  const auto samples = (*reader)->samples(TimePoint(Seconds(900)));
  REQUIRE(samples);
  REQUIRE(samples->size() == 1);
  CHECK(samples->front().jobs_waiting == 3);
  CHECK((*reader)->samples(TimePoint(Seconds(1'001)))->empty());
}

TEST_CASE("keep: a reading that is damaged is told, not taken for none") {
  const Folder folder;
  auto store = opened(folder.db());
  REQUIRE(store->keep(reading(1'000), std::nullopt));
  run_sql(folder.db(), "UPDATE readings SET json = '{' WHERE key = 'snapshot'");
  CHECK_FALSE(store->kept());
}

TEST_CASE("open: a file of an older tide gets the tables that it lacks, and is read without them") {
  const Folder folder;
  opened(folder.db()).reset();
  run_sql(folder.db(), "DROP TABLE spend; DROP TABLE boots; DROP TABLE readings; DROP TABLE samples");
  auto reader = open_store({.path = folder.db(), .read_only = true});
  REQUIRE(reader);
  CHECK((*reader)->load().value() == Memory{});
  CHECK_FALSE((*reader)->kept().value());
  CHECK((*reader)->samples(TimePoint{})->empty());
  const Memory memory = full_memory();
  REQUIRE(opened(folder.db())->save(Memory{}, memory));
  CHECK(opened(folder.db())->load().value() == memory);
}

TEST_CASE("events: up to an ID") {
  auto store = opened(":memory:");
  const std::vector<Event> three{{.type = "a"}, {.type = "b"}, {.type = "c"}};
  REQUIRE(store->append(three));
  const auto found = store->events({.after = 1, .up_to = 2});
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().type == "b");
}

TEST_CASE("save: only what differs is written") {
  const Folder folder;
  auto ours = opened(folder.db());
  Memory before = full_memory();
  REQUIRE(ours->save(Memory{}, before));
  Memory theirs = before;
  theirs.intents[{"i2"}] = intent("i2");
  theirs.passes = 50;
  REQUIRE(opened(folder.db())->save(before, theirs));
  Memory after = before;
  after.intents[{"i1"}].attempts = 1;
  after.machines.erase({"m1"});
  REQUIRE(ours->save(before, after));
  const Memory now = ours->load().value();
  CHECK(now.intents.size() == 2);  // i2 is not ours to take away
  CHECK(now.intents.at({"i1"}).attempts == 1);
  CHECK(now.machines.empty());
  CHECK(now.passes == 50);
}

TEST_CASE("wishes: a save leaves them alone") {
  const Folder folder;
  auto pass = opened(folder.db());
  const Memory loaded = pass->load().value();
  auto command = opened(folder.db());
  REQUIRE(command->add_wish(wish("w1")));
  REQUIRE(command->add_wish(wish("w2")));
  Memory after = loaded;
  after.passes = 1;
  REQUIRE(pass->save(loaded, after));
  CHECK(pass->load().value().wishes.size() == 2);
  CHECK(pass->load().value().wishes.at({"w1"}) == wish("w1"));
  Memory without = pass->load().value();
  const Memory with = without;
  without.wishes.clear();
  REQUIRE(pass->save(with, without));
  CHECK(pass->load().value().wishes.size() == 2);
  REQUIRE(pass->close_wish({"w1"}));
  REQUIRE(pass->close_wish({"w1"}));  // closing what is closed: done
  CHECK(command->load().value().wishes.size() == 1);
}

TEST_CASE("keep: a text by name, of which no memory knows") {
  const Folder folder;
  {
    auto store = opened(folder.db());
    const auto never = store->kept_text("told");
    REQUIRE(never);
    CHECK_FALSE(never->has_value());
    REQUIRE(store->keep_text("told", "one"));
    REQUIRE(store->keep_text("told", "two\n"));
  }
  auto store = opened(folder.db());
  const auto kept = store->kept_text("told");
  REQUIRE(kept);
  CHECK(*kept == "two\n");
  CHECK(store->load().value() == Memory{});
}

TEST_CASE("open_store: the file is for its owner only, in WAL mode, without leftovers") {
  const Folder folder;
  const std::string path = folder.path + "/a/b/tide.db";
  const auto store = opened(path);
  REQUIRE(store->add_wish(wish("w")));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path + "/a/b")) {
    CAPTURE(entry.path().string());
    struct stat found {};
    REQUIRE(::stat(entry.path().c_str(), &found) == 0);
    CHECK((found.st_mode & 07777U) == 0600);
    CHECK(entry.path().filename().string().starts_with("tide.db"));
    CHECK(entry.path().string().find(".new-") == std::string::npos);
  }
  CHECK(file_exists(path + "-wal"));
}

TEST_CASE("open_store: reading a store that is not there finds an empty memory and makes nothing") {
  const Folder folder;
  auto store = open_store({.path = folder.path + "/none/tide.db", .read_only = true});
  REQUIRE(store);
  CHECK((*store)->load().value() == Memory{});
  CHECK_FALSE(file_exists(folder.path + "/none"));
  CHECK((*store)->add_wish(wish("w")).error().kind == ErrorKind::io);
}

TEST_CASE("open_store: a reader sees what a writer committed and may not write") {
  const Folder folder;
  auto writer = opened(folder.db());
  REQUIRE(writer->save(Memory{}, full_memory()));
  auto reader = open_store({.path = folder.db(), .read_only = true});
  REQUIRE(reader);
  CHECK((*reader)->load().value() == full_memory());
  for (const auto& refused : {(*reader)->save(Memory{}, full_memory()), (*reader)->add_wish(wish("w")),
                              (*reader)->close_wish({"w"}), (*reader)->append({})}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::io);
    CHECK(refused.error().hint.find("sudo -u") != std::string::npos);
  }
}

TEST_CASE("open_store: who may not read or write is told as whom to come again") {
  if (::geteuid() != 0) {
    MESSAGE("SKIPPED: only root can become somebody else");
    return;
  }
  const Folder folder;
  opened(folder.db());
  REQUIRE(::chmod(folder.path.c_str(), 0755) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::setuid(65'534) != 0) ::_exit(9);
    const auto told = [](const Result<std::unique_ptr<store::Store>>& store) {
      return !store && store.error().kind == ErrorKind::io &&
             store.error().hint.find("sudo -u 'root'") != std::string::npos;
    };
    if (!told(open_store({.path = folder.db(), .read_only = true}))) ::_exit(1);
    if (!told(open_store({.path = folder.db()}))) ::_exit(2);
    if (!told(open_store({.path = folder.path + "/new.db"}))) ::_exit(3);
    if (!told(open_store({.path = folder.path + "/new/tide.db"}))) ::_exit(4);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("open_store: a newer schema and another program's database are refused by name") {
  const Folder folder;
  opened(folder.db());
  run_sql(folder.db(), "UPDATE schema SET version = 2");
  for (const bool read_only : {false, true}) {
    const auto newer = open_store({.path = folder.db(), .read_only = read_only});
    REQUIRE_FALSE(newer);
    CHECK(newer.error().kind == ErrorKind::config);
    CHECK(newer.error().message.find("newer tide: its schema is 2, this one knows 1") != std::string::npos);
  }
  run_sql(folder.path + "/other.db", "CREATE TABLE x (y)");
  CHECK(open_store({.path = folder.path + "/other.db"}).error().kind == ErrorKind::config);
}

TEST_CASE("open_store: damage is an error that says what to do, never a first run") {
  const Folder folder;
  {
    auto store = opened(folder.db());
    Memory memory;
    for (int i = 0; i < 200; ++i)
      memory.intents[{std::to_string(i)}] = intent(std::to_string(i), std::string(500, 'x'));
    REQUIRE(store->save(Memory{}, memory));
  }
  const std::string good = read_file(folder.db()).value();
  std::string torn = good;
  for (std::size_t page = 4'096; page + 100 < torn.size(); page += 4'096) torn.replace(page, 100, 100, '\x5a');
  const std::vector<std::string> bad{"", "x", std::string(100'000, '\0'), "<html></html>", good.substr(0, 4'096), torn};
  for (std::size_t i = 0; i < bad.size(); ++i) {
    CAPTURE(i);
    std::filesystem::remove(folder.db() + "-wal");
    std::filesystem::remove(folder.db() + "-shm");
    REQUIRE(write_file_atomically(folder.db(), bad[i]));
    auto store = open_store({.path = folder.db()});
    const Error error = store ? (*store)->load().error() : store.error();
    CHECK(error.kind == ErrorKind::io);
    CHECK(error.message == "'" + folder.db() + "' is damaged");
    CHECK(error.hint.find("move " + folder.db() + "* aside") != std::string::npos);
  }
}

TEST_CASE("load: a row or fact that cannot be read names itself") {
  const Folder folder;
  opened(folder.db());
  for (const char* sql : {"INSERT INTO machines VALUES ('m9', '{\"id\":')",
                          "INSERT INTO facts VALUES ('passes', 'many')", "INSERT INTO facts VALUES ('moon', 'full')"}) {
    CAPTURE(sql);
    run_sql(folder.db(), sql);
    const auto loaded = opened(folder.db())->load();
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().kind == ErrorKind::io);
    CHECK(loaded.error().context.front().find("row '") != std::string::npos);
    run_sql(folder.db(), "DELETE FROM machines; DELETE FROM facts");
  }
  CHECK(opened(folder.db())->load().value() == Memory{});
}

TEST_CASE("save: killed at any moment, the store holds one whole save or the one before") {
  const Folder folder;
  for (int round = 0; round < 8; ++round) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto result = open_store({.path = folder.db()});  // in the first rounds: killed while it is made, too
      if (!result) ::_exit(1);
      Memory before = (*result)->load().value();
      for (;;) {
        Memory after = before;
        ++after.passes;
        for (int i = 0; i < 20; ++i) {
          const std::string id = "i" + std::to_string(i);
          after.intents[{id}] = intent(id, std::to_string(after.passes));
        }
        if (!(*result)->save(before, after)) ::_exit(2);
        before = after;
      }
    }
    ::usleep(static_cast<useconds_t>(2'000 + round * 9'000));
    // However slow the machine: the last one is killed in the middle of its saves.
    for (int i = 0; round == 7 && i < 2'000 && opened(folder.db())->load().value().passes == 0; ++i) ::usleep(5'000);
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));  // it did not fail by itself
    const auto loaded = opened(folder.db())->load();
    REQUIRE(loaded);
    CHECK(loaded->intents.size() == (loaded->passes == 0 ? 0 : 20));
    for (const auto& [id, row] : loaded->intents) CHECK(row.because == std::to_string(loaded->passes));
  }
  CHECK(opened(folder.db())->load().value().passes > 0);
}

TEST_CASE("open_store: many at once on a first run end in one store, and writers wait for each other") {
  const Folder folder;
  constexpr int k_children = 6;
  constexpr int k_wishes = 15;
  std::vector<pid_t> children;
  for (int i = 0; i < k_children; ++i) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto result = open_store({.path = folder.db()});
      if (!result) {
        fmt::print(stderr, "{}: {}\n", result.error().message, fmt::join(result.error().context, "; "));
        ::_exit(1);
      }
      for (int j = 0; j < k_wishes; ++j) {
        if (!(*result)->add_wish(wish(std::to_string(i) + "-" + std::to_string(j)))) ::_exit(2);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(WIFEXITED(status));
  }
  CHECK(opened(folder.db())->load().value().wishes.size() == k_children * k_wishes);
}

TEST_CASE("open_store: in memory, each store is its own") {
  auto one = opened(":memory:");
  REQUIRE(one->save(Memory{}, full_memory()));
  CHECK(one->load().value() == full_memory());
  CHECK(opened(":memory:")->load().value() == Memory{});
}

TEST_CASE("is_network_disk: NFS, SMB and cluster disks are; ext4, xfs, tmpfs and overlays are not") {
  for (const std::uint64_t type : {0x6969ULL, 0xff534d42ULL, 0xfe534d42ULL, 0xc36400ULL, 0xbd00bd0ULL, 0x47504653ULL})
    CHECK(store::is_network_disk(type));
  for (const std::uint64_t type : {0xef53ULL, 0x58465342ULL, 0x1021994ULL, 0x794c7630ULL, 0x9123683eULL})
    CHECK_FALSE(store::is_network_disk(type));
  CHECK(store::is_network_disk(0xffff'ffff'ff53'4d42ULL));  // f_type is signed, and its sign is spread
}
