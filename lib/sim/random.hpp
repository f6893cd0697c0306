#pragma once

#include <tide/util/clock.hpp>

#include <cstdint>

namespace tide::sim {

// The same seed, the same numbers, on any machine (splitmix64).
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : m_state(seed) {}

  std::uint64_t next() override {
    m_state += 0x9e37'79b9'7f4a'7c15U;
    std::uint64_t mixed = m_state;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11ebU;
    return mixed ^ (mixed >> 31U);
  }

  // Both ends included.
  int between(int low, int high) {
    if (high <= low) return low;
    return low + static_cast<int>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  Seconds between(Seconds low, Seconds high) {
    return Seconds(between(static_cast<int>(low.count()), static_cast<int>(high.count())));
  }

  // Draws nothing for 0, so that a fault that is off leaves the rest of a seed's story alone.
  bool chance(int per_mille) { return per_mille > 0 && between(0, 999) < per_mille; }

 private:
  std::uint64_t m_state;
};

}  // namespace tide::sim
