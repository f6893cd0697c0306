#include <tide/util/line_ends.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tide;
TEST_SUITE_BEGIN("util/line_ends");

namespace {

std::vector<std::size_t> ends_of(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') ends.push_back(at);
  }
  return ends;
}

// The same each time, and unlike a pattern.
struct Bytes {
  unsigned state = 1;
  unsigned next() {
    state = state * 1'103'515'245U + 12'345U;
    return state >> 16U;
  }
};

}  // namespace

TEST_CASE("LineEnds: as found one by one, in blocks of every length") {
  LineEnds found;
  Bytes bytes;
  for (std::size_t size = 0; size < 400; ++size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i)
      text += bytes.next() % 5 == 0 ? '\n' : static_cast<char>(1 + bytes.next() % 255);
    CAPTURE(size);
    REQUIRE(found.find(text));
    CHECK(std::vector<std::size_t>(found.begin(), found.end()) == ends_of(text));
  }
  const std::string most(LineEnds::k_block, '\n');
  REQUIRE(found.find(most));
  CHECK(std::vector<std::size_t>(found.begin(), found.end()).size() == LineEnds::k_block);
}

TEST_CASE("LineEnds: a zero byte is seen wherever it is, and bytes above 127 are none") {
  LineEnds found;
  for (std::size_t at = 0; at < 200; ++at) {
    CAPTURE(at);
    std::string text(200, '\xff');
    CHECK(found.find(text));
    text[at] = '\0';
    CHECK_FALSE(found.find(text));
  }
}

TEST_CASE("find_near: as find, near and far, at the end and not at all") {
  for (const std::size_t size : {1U, 15U, 16U, 17U, 70U}) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '"';
      for (std::size_t from = 0; from <= size; ++from) {
        CAPTURE(at);
        CAPTURE(from);
        CHECK(find_near(text, '"', from) == text.find('"', from));
      }
    }
  }
  CHECK(find_near("", '"', 0) == std::string_view::npos);
}
