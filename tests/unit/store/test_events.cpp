#include "folder.hpp"

#include <doctest/doctest.h>

using namespace tide;
using store::Event;
using store::EventQuery;
using test::Folder;
using test::opened;

TEST_CASE("events: kept in order, the last ones are given") {
  const Folder folder;
  auto log = opened(folder.db());
  std::vector<Event> events;
  for (int i = 0; i < 5; ++i) {
    events.push_back({.id = i + 1,
                      .at = TimePoint(Seconds(i)),
                      .pass = i,
                      .type = "launch",
                      .subject = "m1",
                      .rule = "demand",
                      .text = std::string("a\0b", 3)});
  }
  REQUIRE(log->append(events));
  REQUIRE(log->append({}));
  CHECK(opened(folder.db())->events({.newest = 100}).value() == events);
  const std::vector<Event> last(events.end() - 2, events.end());
  CHECK(log->events({.newest = 2}).value() == last);
  CHECK(log->events({.newest = 0}).value().empty());
  CHECK(log->events({.newest = -1}).value().empty());
}

TEST_CASE("events: about a name is about the whole name, and a number is a job's") {
  const Folder folder;
  auto log = opened(folder.db());
  const auto event = [](const std::string& subject, const std::string& text) {
    return Event{.type = "launch", .subject = subject, .rule = "demand", .text = text};
  };
  const std::vector<Event> events{event("small", "1 waiting job; nodes n1 n10"), event("n10", "job 1 runs"),
                                  event("n1", "10.0.0.1")};
  REQUIRE(log->append(events));
  const auto about = [&](const std::string& word, int newest = 9) {
    const auto found = log->events({.about = word, .newest = newest});
    REQUIRE(found);
    std::vector<std::string> subjects;
    for (const Event& one : *found) subjects.push_back(one.subject);
    return subjects;
  };
  CHECK(about("n1") == std::vector<std::string>{"small", "n1"});
  CHECK(about("n10") == std::vector<std::string>{"small", "n10"});
  CHECK(about("1") == std::vector<std::string>{"n10"});
  CHECK(about("n1", 1) == std::vector<std::string>{"n1"});
}

TEST_CASE("events: chosen by ID, time, kind and what they are about") {
  const Folder folder;
  auto log = opened(folder.db());
  const std::vector<Event> events{
      {.id = 1, .at = TimePoint(Seconds(10)), .type = "launch", .subject = "small", .rule = "demand", .text = "for 3"},
      {.id = 2, .at = TimePoint(Seconds(20)), .type = "hold", .subject = "wn-1", .rule = "idle", .text = "idle"},
      {.id = 3,
       .at = TimePoint(Seconds(30)),
       .type = "sleep",
       .subject = "",
       .rule = "person",
       .text = "wn-1's image"}};
  REQUIRE(log->append(events));
  const auto ids = [&](const EventQuery& query) {
    std::vector<std::int64_t> found;
    const auto chosen = log->events(query);
    REQUIRE(chosen);
    for (const Event& event : *chosen) found.push_back(event.id);
    return found;
  };
  CHECK(ids({.after = 1}) == std::vector<std::int64_t>{2, 3});
  CHECK(ids({.since = TimePoint(Seconds(20))}) == std::vector<std::int64_t>{2, 3});
  CHECK(ids({.about = "wn-1"}) == std::vector<std::int64_t>{2, 3});
  CHECK(ids({.about = "wn-1", .type = "hold"}) == std::vector<std::int64_t>{2});
  CHECK(ids({.type = "terminate"}).empty());
}
