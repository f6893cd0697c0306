#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tide {

// As text.find(wanted, from), for what is most often within the next 16 bytes: one comparison instead of a call.
inline std::size_t find_near(std::string_view text, char wanted, std::size_t from) {
#ifdef __SSE2__
  const auto found_at = [&](std::size_t at) {  // a bit for each of 16 bytes
    __m128i bytes;
    std::memcpy(&bytes, text.data() + at, 16);
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted))));
  };
  if (from + 16 <= text.size()) {
    if (const unsigned mask = found_at(from); mask != 0) return from + static_cast<std::size_t>(__builtin_ctz(mask));
    from += 16;
  } else if (text.size() >= 16 && from < text.size()) {  // the last 16, of which those before it do not count
    const std::size_t at = text.size() - 16;
    const unsigned mask = found_at(at) >> (from - at);
    return mask != 0 ? from + static_cast<std::size_t>(__builtin_ctz(mask)) : std::string_view::npos;
  }
#endif
  return text.find(wanted, from);
}

// Where the lines of a block end, found in one walk: the lines of queues are some 25 bytes long, and a call of memchr
// for each costs more than the search itself.
class LineEnds {
 public:
  static constexpr std::size_t k_block = 16U << 10U;  // bytes at most: they stay near until they are read

  // At most k_block bytes. False if there is a zero byte, which no line of text has.
  bool find(std::string_view block) {
    m_count = 0;
    std::size_t at = 0;
    bool zero = false;
#ifdef __SSE2__
    const __m128i ends = _mm_set1_epi8('\n');
    __m128i least = ends;  // of each of its bytes, over the block: 0 if there was a zero
    for (; at + 64 <= block.size(); at += 64) {
      std::uint64_t found = 0;
      for (unsigned part = 0; part < 4; ++part) {
        __m128i bytes;
        std::memcpy(&bytes, block.data() + at + std::size_t{part} * 16, 16);
        least = _mm_min_epu8(least, bytes);
        const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, ends)));
        found |= std::uint64_t{mask} << (part * 16);
      }
      for (; found != 0; found &= found - 1)
        m_ends[m_count++] = static_cast<std::uint16_t>(at + static_cast<std::size_t>(__builtin_ctzll(found)));
    }
    zero = _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0;
#endif
    for (; at < block.size(); ++at) {
      zero = zero || block[at] == '\0';
      if (block[at] == '\n') m_ends[m_count++] = static_cast<std::uint16_t>(at);
    }
    return !zero;
  }

  const std::uint16_t* begin() const { return m_ends.data(); }
  const std::uint16_t* end() const { return m_ends.data() + m_count; }

 private:
  std::array<std::uint16_t, k_block> m_ends;
  std::size_t m_count = 0;
};

}  // namespace tide
