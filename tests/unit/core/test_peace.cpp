#include <tide/core/peace.hpp>

#include <doctest/doctest.h>

using namespace tide;
using core::keep_peace;
using core::Peace;
using core::Problem;
TEST_SUITE_BEGIN("core/peace");

namespace {

const Problem k_cloud{.key = "cloud aws", .text = "tide: error: cloud 'aws': timed out\nhint: Wait.\n"};
constexpr TimePoint k_begin{Seconds(1'800'000'000)};

// One pass a minute for so long; the minutes at which something was said.
std::vector<int> minutes_that_say(Peace& book, int minutes, const std::vector<Problem>& problems, int from = 0) {
  std::vector<int> found;
  for (int minute = from; minute < from + minutes; ++minute) {
    if (!keep_peace(book, problems, k_begin + std::chrono::minutes(minute)).empty()) found.push_back(minute);
  }
  return found;
}

}  // namespace

TEST_CASE("peace: at once, after an hour, after four more, then daily") {
  Peace book;
  CHECK(minutes_that_say(book, 3 * 24 * 60, {k_cloud}) == std::vector<int>{0, 60, 300, 300 + 1440, 300 + 2880});
}

TEST_CASE("peace: an outage of eight hours is four mails, and the last says that it is over") {
  Peace book;
  CHECK(minutes_that_say(book, 480, {k_cloud}) == std::vector<int>{0, 60, 300});
  CHECK(minutes_that_say(book, 60, {}, 480) == std::vector<int>{482});
  CHECK(book.empty());
}

TEST_CASE("peace: what comes and goes is one problem") {
  Peace book;
  int said = 0;
  for (int minute = 0; minute < 480; ++minute) {
    const std::vector<Problem> now = minute % 3 == 2 ? std::vector<Problem>{} : std::vector{k_cloud};
    said += static_cast<int>(keep_peace(book, now, k_begin + std::chrono::minutes(minute)).size());
  }
  CHECK(said == 3);
}

TEST_CASE("peace: other words for the same are no news; another problem is") {
  Peace book;
  CHECK(keep_peace(book, std::vector{k_cloud}, k_begin).size() == 1);
  const Problem refused{.key = k_cloud.key, .text = "tide: error: cloud 'aws': connection refused\n"};
  CHECK(keep_peace(book, std::vector{refused}, k_begin + Seconds(60)).empty());
  const Problem other{.key = "batch", .text = "tide: error: squeue exits 1\n"};
  const auto said = keep_peace(book, std::vector{refused, other}, k_begin + Seconds(120));
  CHECK(said == std::vector{other.text});
}

TEST_CASE("peace: said again with since when, and over in one line") {
  Peace book;
  keep_peace(book, std::vector{k_cloud}, k_begin);
  const auto again = keep_peace(book, std::vector{k_cloud}, k_begin + Seconds(3600));
  CHECK(again == std::vector{k_cloud.text + "  so since 2027-01-15T08:00:00Z\n"});
  keep_peace(book, {}, k_begin + Seconds(3660));
  keep_peace(book, {}, k_begin + Seconds(3720));
  CHECK(keep_peace(book, {}, k_begin + Seconds(3780)) ==
        std::vector<std::string>{"over, since 2027-01-15T08:00:00Z: tide: error: cloud 'aws': timed out\n"});
}

TEST_CASE("peace: a clock that was set back says nothing again") {
  Peace book;
  keep_peace(book, std::vector{k_cloud}, k_begin);
  CHECK(keep_peace(book, std::vector{k_cloud}, k_begin - Seconds(7200)).empty());
}

TEST_CASE("peace: there and back as text; what is no such text is an error") {
  Peace book;
  keep_peace(book, std::vector{k_cloud}, k_begin);
  const auto back = core::peace_from_json(core::to_json(book));
  REQUIRE(back);
  CHECK(*back == book);
  for (const char* text : {"", "{", "[1]", "{\"a\":1}", "{\"a\":{\"text\":1}}"})
    CHECK_FALSE(core::peace_from_json(text));
}
