#include "cmd/watch/view.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace tide;
using namespace tide::cmd::watch;
using cmd::output::Section;
TEST_SUITE_BEGIN("cmd/watch");

namespace {

const TimePoint k_now{Seconds(1'800'000'000)};

Section workers(int count, const std::string& phase = "idle") {
  Section section{.name = "workers",
                  .columns = {{"node", "NODE"},
                              {"instance", "INSTANCE"},
                              {"phase", "PHASE"},
                              {"cost", "COST", true, 1},
                              {"market", "MARKET", false, 2},
                              {"why", "WHY"}},
                  .rows = {},
                  .empty = "No nodes."};
  for (int i = 1; i <= count; ++i) {
    section.rows.push_back({fmt::format("n{:05}", i), fmt::format("i-{:05}", i), phase,
                            fmt::format("{}.50", (i * 7) % 12), std::string("on-demand"),
                            fmt::format("because of number {}", i)});
  }
  return section;
}

Look look(Section section) {
  Look made;
  made.title = "tide physics";
  made.sources = "batch ok 0s";
  made.tabs = {
      std::move(section),
      Section{.name = "jobs", .columns = {{"shape", "WAITING"}}, .rows = {{std::string("1 slot")}}, .empty = ""}};
  made.at = k_now;
  return made;
}

View view_of(Section section, int rows = 24, int columns = 80) {
  View view(false);
  view.resize(rows, columns);
  view.update(look(std::move(section)));
  return view;
}

std::string screen(const View& view) {
  std::string text;
  for (const Line& line : view.lines()) text += text_of(line) + "\n";
  return text;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void type(View& view, const std::string& text) {
  for (const char letter : text) view.press(Key::letter, letter);
}

// The nodes on the screen, from top to bottom.
std::vector<std::string> nodes(const View& view) {
  std::vector<std::string> found;
  for (const Line& line : view.lines()) {
    const std::string text = text_of(line);
    if (text.size() > 8 && text[2] == 'n' && text[3] >= '0' && text[3] <= '9') found.push_back(text.substr(2, 6));
  }
  return found;
}

}  // namespace

TEST_CASE("watch: every size has as many lines as rows, and none is wider than the screen") {
  for (int rows = 1; rows <= 40; ++rows) {
    for (const int columns : {1, 2, 5, 20, 31, 40, 79, 80, 81, 200}) {
      View view = view_of(workers(30), rows, columns);
      for (const char key : {' ', '?'}) {
        view.press(Key::letter, key);
        const auto lines = view.lines();
        REQUIRE(lines.size() == static_cast<std::size_t>(rows));
        for (const Line& line : lines)
          REQUIRE(cmd::output::width_of(text_of(line)) <= static_cast<std::size_t>(columns));
      }
    }
  }
}

TEST_CASE("watch: a narrow screen keeps what a row is and its phase, and drops the middle") {
  const std::string wide = screen(view_of(workers(3), 24, 120));
  CHECK(has(wide, "MARKET"));
  CHECK(has(wide, "because of number 3"));
  const std::string narrow = screen(view_of(workers(3), 24, 36));
  CHECK(has(narrow, "n00001"));
  CHECK(has(narrow, "PHASE"));
  CHECK_FALSE(has(narrow, "MARKET"));
  CHECK(has(narrow, "WHY"));
  View sorted = view_of(workers(3), 24, 36);
  for (int presses = 0; presses < 5; ++presses) sorted.press(Key::letter, 's');
  CHECK(has(screen(sorted), "MARKET+"));
}

TEST_CASE(
    "watch: a column that no row fills is not there; a cell that is wider than the screen is cut, and why is seen") {
  Section section = workers(2);
  for (auto& row : section.rows) row[3] = std::string();
  section.rows[0][1] = std::string(200, 'x');
  const std::string text = screen(view_of(std::move(section)));
  CHECK_FALSE(has(text, "COST"));
  CHECK(has(text, "WHY"));
  CHECK(has(text, "because of"));
}

TEST_CASE("watch: moving scrolls, to the end and back, and the selection stays on its row") {
  View view = view_of(workers(100));
  const std::size_t room = nodes(view).size();
  CHECK(room == 24 - 7);
  CHECK(nodes(view).front() == "n00001");
  view.press(Key::end);
  CHECK(nodes(view).back() == "n00100");
  view.press(Key::page_up);
  CHECK(nodes(view).front() != "n00001");
  view.press(Key::home);
  CHECK(nodes(view).front() == "n00001");
  for (int i = 0; i < 20; ++i) view.press(Key::down);
  CHECK(nodes(view).back() == "n00021");
  view.update(look(workers(100)));
  CHECK(nodes(view).back() == "n00021");
}

TEST_CASE("watch: sorted by each column in turn, money as numbers, and the other way round") {
  View view = view_of(workers(12));
  for (int i = 0; i < 4; ++i) type(view, "s");  // NODE, INSTANCE, PHASE, COST
  CHECK(has(screen(view), "COST+"));
  CHECK(nodes(view).front() == "n00012");  // 0.50
  CHECK(nodes(view).back() == "n00005");   // 11.50: after 2.50, not before
  type(view, "r");
  CHECK(has(screen(view), "COST-"));
  CHECK(nodes(view).front() == "n00005");
  type(view, "rsss");  // past the last column: as it came
  CHECK(nodes(view).front() == "n00001");
}

TEST_CASE("watch: a filter keeps the rows with its text, says so, and can be taken back") {
  View view = view_of(workers(30));
  type(view, "/N0002");
  CHECK(nodes(view).size() == 10);
  CHECK(has(screen(view), "filter: N0002_"));
  CHECK(has(screen(view), "(30 in all)"));
  view.press(Key::backspace);
  CHECK(nodes(view).size() == 17);
  type(view, "zq");  // typed, not the keys
  view.press(Key::enter);
  CHECK(nodes(view).empty());
  CHECK(has(screen(view), "No row has 'N000zq'."));
  view.press(Key::escape);
  CHECK(nodes(view).size() == 17);
  CHECK(view.press(Key::letter, 'q') == Asked::quit);
}

TEST_CASE("watch: what changed and what is new is marked until the next look") {
  View view = view_of(workers(3));
  CHECK_FALSE(has(screen(view), "* n"));
  Section changed = workers(4);
  changed.rows[1][2] = std::string("busy");
  view.update(look(changed));
  CHECK(has(screen(view), "* n00002"));
  CHECK(has(screen(view), "+ n00004"));
  CHECK_FALSE(has(screen(view), "* n00001"));
  const auto lines = view.lines();
  const auto line = std::ranges::find_if(lines, [](const Line& one) { return has(text_of(one), "n00002"); });
  REQUIRE(line != lines.end());
  CHECK(std::ranges::any_of(*line,
                            [](const Span& span) { return has(span.text, "busy") && span.style == Style::changed; }));
  view.update(look(changed));
  CHECK_FALSE(has(screen(view), "* n"));
  CHECK_FALSE(has(screen(view), "+ n"));
}

TEST_CASE("watch: parts by Tab and by number, help and back, look again") {
  View view = view_of(workers(3));
  view.press(Key::tab);
  CHECK(has(screen(view), "1 slot"));
  view.press(Key::back_tab);
  CHECK(has(screen(view), "n00001"));
  type(view, "2");
  CHECK(has(screen(view), "[2 jobs]"));
  type(view, "?");
  CHECK(has(screen(view), "filter: rows with this text"));
  type(view, "q");  // any key goes back
  CHECK(has(screen(view), "[2 jobs]"));
  CHECK(view.press(Key::letter, ' ') == Asked::look_again);
}

TEST_CASE("watch: a part without rows says so; troubles are shown and cost rows") {
  Look made = look(workers(0));
  made.troubles = {"cloud:aws: it does not answer"};
  View view(false);
  view.resize(24, 80);
  view.update(made);
  CHECK(has(screen(view), "No nodes."));
  CHECK(has(screen(view), "cloud:aws: it does not answer"));
}

TEST_CASE("watch: what a peer wrote cannot steer the terminal") {
  Section section = workers(1);
  section.rows[0][5] = std::string("\x1b[31mred\nnext");
  const std::string text = screen(view_of(section, 24, 200));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(has(text, "red"));
}

TEST_CASE("strip: the most of each piece of the hour, gaps blank, a little is never nothing") {
  std::vector<store::Sample> samples;
  const auto at = [&](std::int64_t ago, std::int64_t waiting) {
    samples.push_back({.at = k_now - Seconds(ago), .jobs_waiting = waiting});
  };
  at(4000, 99);  // over an hour ago
  at(3599, 8), at(1801, 1), at(1799, 0), at(30, 4), at(0, 2);
  CHECK(strip(samples, &store::Sample::jobs_waiting, k_now, 4, false) == "#._-");
  CHECK(strip(samples, &store::Sample::jobs_waiting, k_now, 8, false) == "#  ._  -");
  CHECK(cmd::output::width_of(strip(samples, &store::Sample::jobs_waiting, k_now, 60, true)) == 60);
  CHECK(strip({}, &store::Sample::jobs_waiting, k_now, 3, true) == "   ");
  CHECK(strip(samples, &store::Sample::jobs_waiting, k_now, 0, true).empty());
}
