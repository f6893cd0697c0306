#include <tide/core/template_digest.hpp>

#include <tide/core/enum_names.hpp>
#include <tide/util/digest.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tide::core {

std::string template_digest(const Settings& settings, const Pool& pool) {
  std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n", settings.head, pool.image, fmt::join(pool.types, ","),
                                 to_string(pool.market), pool.max_price, pool.user_data);
  for (const auto& [key, values] : pool.options) text += fmt::format("{}={}\n", key, fmt::join(values, ","));
  return to_hex(sha256(text)).substr(0, 16);
}

}  // namespace tide::core
