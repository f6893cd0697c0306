#pragma once

#include <tide/core/memory.hpp>
#include <tide/core/settings.hpp>

#include <optional>
#include <string>

// What machines cost an hour, in micro-dollars. Of spot pools by the prices last read, while they are young; else, and
// of all others, by [pools.x] price.
namespace tide::core {

// `zone` may be "" or a subnet, of which no zone is known: then the cheapest zone counts.
std::optional<std::int64_t> spot_price(const Memory& memory, Moment now, const Pool& pool, const std::string& type,
                                       const std::string& zone);

// Nothing: not known.
std::optional<std::int64_t> price_of(const Memory& memory, Moment now, const Pool& pool, const std::string& type,
                                     const std::string& zone);

// The most that tide bids for this type, in words of money: [pools.x] max_price, else its share of the on-demand price.
// "" for none: the cloud's own.
std::string cap_of(const Pool& pool, const std::string& type);

// Is its spot price known, and below (or at) this share of `of`, in thousandths? A spot pool's own on-demand price if
// `of` is 0; false where that is not known.
struct Share {
  int thousandths = 0;
  std::int64_t of = 0;
};
bool is_cheap(const Memory& memory, Moment now, const Pool& pool, const Choice& choice, const Share& share);

// Why no machine is bought so: its spot price is above [pools.x] max_price. "" if it is not, or is not known: the cloud
// then keeps the cap itself.
std::string over_cap(const Memory& memory, Moment now, const Pool& pool, const std::string& type,
                     const std::string& zone);

// The pool's zones, "" if it names none, cheapest first for this type; of equal or unknown price as they are written.
std::vector<std::string> zones_by_price(const Memory& memory, Moment now, const Pool& pool, const std::string& type);

// The most that one machine of the pool may cost as things are: the dearest of all that its cap lets be bought. Caps of
// money count with it, for a launch may fall back to any of them.
std::optional<std::int64_t> most_of(const Memory& memory, Moment now, const Pool& pool);

}  // namespace tide::core
