#include "cmd/watch/view.hpp"

#include <algorithm>
#include <array>

namespace tide::cmd::watch {

namespace {

constexpr std::int64_t k_span = 3600;
constexpr std::array<std::string_view, 9> k_blocks{"\u00b7", "\u2581", "\u2582", "\u2583", "\u2584",
                                                   "\u2585", "\u2586", "\u2587", "\u2588"};
constexpr std::array<std::string_view, 9> k_ascii{"_", ".", ".", "-", "-", "=", "=", "#", "#"};

}  // namespace

std::string strip(const std::vector<store::Sample>& samples, std::int64_t store::Sample::*what, TimePoint now,
                  std::size_t width, bool unicode) {
  std::vector<std::int64_t> most(width, -1);
  for (const store::Sample& sample : samples) {
    const std::int64_t ago = (now - sample.at).count();
    if (ago < 0 || ago >= k_span || width == 0) continue;
    std::int64_t& slot = most[static_cast<std::size_t>((k_span - 1 - ago) * static_cast<std::int64_t>(width) / k_span)];
    slot = std::max(slot, sample.*what);
  }
  const std::int64_t top = most.empty() ? 0 : *std::ranges::max_element(most);
  std::string text;
  for (const std::int64_t value : most) {
    if (value < 0) {
      text += ' ';
      continue;
    }
    // Only nothing looks like nothing: 1 of 1000 is the lowest block.
    const std::int64_t level = value == 0 ? 0 : std::max<std::int64_t>(1, value * 8 / std::max<std::int64_t>(1, top));
    text += (unicode ? k_blocks : k_ascii).at(static_cast<std::size_t>(level));
  }
  return text;
}

}  // namespace tide::cmd::watch
