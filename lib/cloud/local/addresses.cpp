#include <tide/cloud/local/addresses.hpp>

#include <tide/util/digest.hpp>
#include <tide/util/text.hpp>

#include <optional>

namespace tide::cloud::local {

namespace {

constexpr std::uint32_t k_localhost = 0x7F000001U;

std::optional<std::uint32_t> parse_address(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::uint32_t address = 0;
  for (const std::string_view part : parts) {
    const std::optional<std::int64_t> byte = parse_integer(part);
    if (!byte || *byte < 0 || *byte > 255) return std::nullopt;
    address = address << 8U | static_cast<std::uint32_t>(*byte);
  }
  return address;
}

std::string address_text(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24U, address >> 16U & 255U, address >> 8U & 255U, address & 255U);
}

}  // namespace

Result<AddressRange> parse_range(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto base = parse_address(std::string_view(text).substr(0, slash));
  const std::int64_t bits =
      slash == std::string::npos ? 0 : parse_integer(std::string_view(text).substr(slash + 1)).value_or(0);
  if (!base || bits < 8 || bits > 30) {
    return make_error(ErrorKind::config, "'{}' is no range of IPv4 addresses from /8 to /30", text)
        .with_hint("Write addresses as in \"127.99.0.0/16\".");
  }
  const std::uint32_t hosts = ~0U >> static_cast<unsigned>(bits);
  const std::uint32_t network = *base & ~hosts;
  return AddressRange{.first = network + 1, .last = network + hosts - 1};
}

Result<std::string> choose_address(const AddressRange& range, const std::set<std::string>& used,
                                   const std::string& token) {
  const std::uint32_t count = range.last - range.first + 1;
  std::uint32_t start = 0;
  for (const char byte : sha256(token).substr(0, 4)) start = start << 8U | static_cast<unsigned char>(byte);
  for (std::uint32_t step = 0; step < count; ++step) {
    const std::uint32_t address = range.first + (start % count + step) % count;
    if (address == k_localhost) continue;
    std::string text = address_text(address);
    if (!used.contains(text)) return text;
  }
  return make_error(ErrorKind::quota, "all {} addresses from {} to {} are in use", count, address_text(range.first),
                    address_text(range.last))
      .with_hint("Give the cloud a larger range: [clouds.x] addresses.");
}

}  // namespace tide::cloud::local
