#include <tide/cloud/aws/key_document.hpp>

#include <tide/net/retry.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <chrono>

namespace tide::cloud::aws {
namespace {

using Json = nlohmann::json;

constexpr Seconds k_clocks_agree{240};
constexpr int k_depth_max = 16;

Error unreadable(const std::string& source, const char* why) {
  return make_error(ErrorKind::auth, "{} answered with what is no credentials document: {}", source, why);
}

void collect(const Json& object, const std::string& prefix, std::map<std::string, std::string>& into) {
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) into[prefix + name] = value.get<std::string>();
    if (value.is_number_integer()) into[prefix + name] = value.dump();
    if (value.is_object() && prefix.empty()) collect(value, name + ".", into);
  }
}

// "+02:00", "-0530", "+00"; nothing if it is none.
std::optional<Seconds> offset_of(std::string_view text) {
  std::string digits;
  for (const char c : text.substr(1)) {
    if (c != ':') digits += c;
  }
  const auto number = parse_integer(digits);
  if (!number || *number < 0 || (digits.size() != 2 && digits.size() != 4)) return std::nullopt;
  const std::int64_t hours = digits.size() == 2 ? *number : *number / 100;
  const std::int64_t minutes = digits.size() == 2 ? 0 : *number % 100;
  if (hours > 23 || minutes > 59) return std::nullopt;
  const Seconds span{hours * 3600 + minutes * 60};
  return text.front() == '-' ? -span : span;
}

}  // namespace

Result<std::map<std::string, std::string>> parse_key_document(std::string_view text, const std::string& source) {
  bool too_deep = false;
  const Json::parser_callback_t watch = [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > k_depth_max;
    return !too_deep;
  };
  const Json json = Json::parse(text, watch, false);
  if (too_deep) return unreadable(source, "it is nested too deep");
  if (json.is_discarded()) return unreadable(source, "not JSON");
  if (!json.is_object()) return unreadable(source, "no JSON object");
  std::map<std::string, std::string> found;
  collect(json, "", found);
  return found;
}

std::optional<TimePoint> parse_expiry(std::string text) {
  if (text.ends_with("UTC")) text.replace(text.size() - 3, 3, "Z");
  Seconds offset{0};
  if (const std::size_t sign = text.find_last_of("+-"); sign != std::string::npos && sign > 10) {
    const auto given = offset_of(std::string_view(text).substr(sign));
    if (!given) return std::nullopt;
    offset = *given;
    text = text.substr(0, sign) + "Z";
  }
  const auto time = parse_time(text);
  if (!time) return std::nullopt;
  return *time - offset;
}

Result<Credentials> to_credentials(const std::map<std::string, std::string>& document, const KeyNames& names,
                                   const std::string& source, bool temporary) {
  const auto text = [&](const char* name) {
    const auto at = document.find(name);
    return at == document.end() ? std::string() : at->second;
  };
  Credentials found{.access_key = text(names.access_key),
                    .secret_key = Secret(text(names.secret_key)),
                    .session_token = Secret(text(names.session_token)),
                    .source = source,
                    .expires = {}};
  for (const char* name : {names.access_key, names.secret_key}) {
    if (text(name).empty()) return make_error(ErrorKind::auth, "{} gave credentials without '{}'", source, name);
  }
  if (temporary && found.session_token.empty()) {
    return make_error(ErrorKind::auth, "{} gave credentials without '{}'", source, names.session_token);
  }
  const std::string expires = text(names.expires);
  if (!expires.empty() || temporary) {
    found.expires = parse_expiry(expires);
    if (!found.expires) {
      return make_error(ErrorKind::auth, "{} gave credentials whose '{}' is no time", source, names.expires);
    }
  }
  return checked(std::move(found));
}

TimePoint by_our_clock(TimePoint theirs, std::string_view date, TimePoint now) {
  const auto their_now = net::parse_http_date(date);
  if (!their_now || std::chrono::abs(*their_now - now) <= k_clocks_agree) return theirs;
  return theirs - (*their_now - now);
}

}  // namespace tide::cloud::aws
