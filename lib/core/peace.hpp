#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <map>
#include <span>
#include <string>
#include <vector>

// Cron's peace: what `scale-once -q` and the daemon say of problems that last. A new one at once, the same again after
// an hour, then four, then daily, and one line when it is over.
namespace tide::core {

// One problem of a pass. The key says which it is, whatever its words of today: "cloud aws", "alarm breaker small".
struct Problem {
  std::string key;
  std::string text;  // as it is printed, line ends included
};

// A problem as it was told; kept from pass to pass.
struct Told {
  std::string text;  // of the first time: its first line names it when it is over
  TimePoint since{};
  TimePoint last{};
  int times = 0;
  int passes_without = 0;

  bool operator==(const Told&) const = default;
};
using Peace = std::map<std::string, Told>;

constexpr int k_passes_until_over = 3;  // a problem that comes and goes is one problem

// What is to be printed now, in the order of the problems, then what is over; the book is kept up.
std::vector<std::string> keep_peace(Peace& book, std::span<const Problem> problems, TimePoint now);

// As text for the store, and back.
std::string to_json(const Peace& book);
Result<Peace> peace_from_json(std::string_view text);

}  // namespace tide::core
