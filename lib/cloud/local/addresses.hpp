#pragma once

#include <tide/util/result.hpp>

#include <cstdint>
#include <set>
#include <string>

namespace tide::cloud::local {

// IPv4 addresses that instances may have.
struct AddressRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  bool operator==(const AddressRange&) const = default;
};

// "127.99.0.0/16": its hosts, so without the network's own and the broadcast address; error of kind config.
Result<AddressRange> parse_range(const std::string& text);

// One that is not in use; the same token tries the same one first, and an address just freed is seldom the next.
Result<std::string> choose_address(const AddressRange& range, const std::set<std::string>& used,
                                   const std::string& token);

}  // namespace tide::cloud::local
