#include <tide/core/snapshot_json.hpp>

#include <tide/core/enum_names.hpp>
#include <tide/core/fields_memory.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <limits>

namespace tide::core {

namespace {

using Json = nlohmann::ordered_json;

// Thrown and caught in this file only: it carries the path to the bad value out of the nested readers.
struct BadJson {
  std::string path;
  std::string why;
};

template <typename T>
concept HasFields = requires(T& value) {
  fields(value, [](const char*, auto&) {});
};

template <typename T>
struct Codec;

template <typename T>
Json write(const T& value) {
  return Codec<T>::write(value);
}

template <typename T>
void read(const Json& json, T& value) {
  Codec<T>::read(json, value);
}

template <>
struct Codec<std::string> {
  static Json write(const std::string& value) { return value; }
  static void read(const Json& json, std::string& value) {
    if (!json.is_string()) throw BadJson{"", "is not a string"};
    value = json.get<std::string>();
  }
};

template <>
struct Codec<bool> {
  static Json write(bool value) { return value; }
  static void read(const Json& json, bool& value) {
    if (!json.is_boolean()) throw BadJson{"", "is not true or false"};
    value = json.get<bool>();
  }
};

template <std::integral T>
requires(!std::same_as<T, bool>) struct Codec<T> {
  static Json write(T value) { return value; }
  static void read(const Json& json, T& value) {
    if (!json.is_number_integer()) throw BadJson{"", "is not a whole number"};
    const bool huge = json.is_number_unsigned() &&
                      json.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (huge) throw BadJson{"", "is out of range"};
    const auto wide = json.get<std::int64_t>();
    if (wide < std::int64_t{std::numeric_limits<T>::min()} || wide > std::int64_t{std::numeric_limits<T>::max()}) {
      throw BadJson{"", "is out of range"};
    }
    value = static_cast<T>(wide);
  }
};

template <Named T>
struct Codec<T> {
  static Json write(T value) { return std::string(to_string(value)); }
  static void read(const Json& json, T& value) {
    std::string text;
    core::read(json, text);
    const auto found = enum_from<T>(text);
    if (!found) throw BadJson{"", "has the unknown value '" + text + "'"};
    value = *found;
  }
};

template <>
struct Codec<ErrorKind> {
  static Json write(ErrorKind value) { return std::string(tide::to_string(value)); }
  static void read(const Json& json, ErrorKind& value) {
    std::string text;
    core::read(json, text);
    const auto found = error_kind_from(text);
    if (!found) throw BadJson{"", "has the unknown value '" + text + "'"};
    value = *found;
  }
};

template <typename Tag>
struct Codec<Id<Tag>> {
  static Json write(const Id<Tag>& value) { return value.value; }
  static void read(const Json& json, Id<Tag>& value) { core::read(json, value.value); }
};

template <>
struct Codec<Seconds> {
  static Json write(Seconds value) { return value.count(); }
  static void read(const Json& json, Seconds& value) {
    std::int64_t count = 0;
    core::read(json, count);
    value = Seconds(count);
  }
};

template <>
struct Codec<Moment> {
  static Json write(Moment value) { return value.seconds; }
  static void read(const Json& json, Moment& value) { core::read(json, value.seconds); }
};

template <>
struct Codec<TimePoint> {
  static Json write(TimePoint value) { return format_time(value); }
  static void read(const Json& json, TimePoint& value) {
    std::string text;
    core::read(json, text);
    const auto time = parse_time(text);
    if (!time) throw BadJson{"", "is not a time: " + text};
    value = *time;
  }
};

template <typename T>
struct Codec<std::optional<T>> {
  static Json write(const std::optional<T>& value) { return value ? core::write(*value) : Json(nullptr); }
  static void read(const Json& json, std::optional<T>& value) {
    value.reset();
    if (json.is_null()) return;
    core::read(json, value.emplace());
  }
};

template <typename T>
struct Codec<std::vector<T>> {
  static Json write(const std::vector<T>& value) {
    Json json = Json::array();
    for (const auto& item : value) json.push_back(core::write(item));
    return json;
  }
  static void read(const Json& json, std::vector<T>& value) {
    if (!json.is_array()) throw BadJson{"", "is not a list"};
    value.clear();
    for (const auto& item : json) {
      try {
        T one{};
        core::read(item, one);
        value.push_back(std::move(one));
      } catch (BadJson& bad) {
        throw BadJson{"[" + std::to_string(value.size()) + "]" + bad.path, bad.why};
      }
    }
  }
};

std::string key_text(const std::string& key) { return key; }
template <typename Tag>
std::string key_text(const Id<Tag>& key) {
  return key.value;
}

template <typename Key, typename T>
struct Codec<std::map<Key, T>> {
  static Json write(const std::map<Key, T>& value) {
    Json json = Json::object();
    for (const auto& [key, item] : value) json[key_text(key)] = core::write(item);
    return json;
  }
  static void read(const Json& json, std::map<Key, T>& value) {
    if (!json.is_object()) throw BadJson{"", "is not an object"};
    value.clear();
    for (const auto& [key, item] : json.items()) {
      try {
        core::read(item, value[Key{key}]);
      } catch (BadJson& bad) {
        throw BadJson{"." + key + bad.path, bad.why};
      }
    }
  }
};

template <HasFields T>
struct Codec<T> {
  static Json write(const T& value) {
    Json json = Json::object();
    fields(value, [&](const char* name, const auto& field) { json[name] = core::write(field); });
    return json;
  }
  static void read(const Json& json, T& value) {
    if (!json.is_object()) throw BadJson{"", "is not an object"};
    fields(value, [&](const char* name, auto& field) {
      const auto found = json.find(name);
      if (found == json.end()) return;  // written by an older version: the field keeps its default
      try {
        core::read(*found, field);
      } catch (BadJson& bad) {
        throw BadJson{std::string(".") + name + bad.path, bad.why};
      }
    });
  }
};

template <>
struct Codec<Error> {
  static Json write(const Error& value) {
    return {{"kind", core::write(value.kind)},
            {"message", value.message},
            {"context", core::write(value.context)},
            {"hint", value.hint}};
  }
  static void read(const Json& json, Error& value) {
    if (!json.is_object() || !json.contains("kind") || !json.contains("message")) throw BadJson{"", "is not an error"};
    core::read(json.at("kind"), value.kind);
    core::read(json.at("message"), value.message);
    if (json.contains("context")) core::read(json.at("context"), value.context);
    if (json.contains("hint")) core::read(json.at("hint"), value.hint);
  }
};

template <typename T>
struct Codec<Result<T>> {
  static Json write(const Result<T>& value) {
    return value ? Json{{"ok", core::write(*value)}} : Json{{"error", core::write(value.error())}};
  }
  static void read(const Json& json, Result<T>& value) {
    if (json.is_object() && json.contains("ok")) {
      T good{};
      core::read(json.at("ok"), good);
      value = std::move(good);
    } else if (json.is_object() && json.contains("error")) {
      Error error;
      core::read(json.at("error"), error);
      value = std::move(error);
    } else {
      throw BadJson{"", "has neither 'ok' nor 'error'"};
    }
  }
};

// A Result<T> has no default: std::map's operator[] needs one.
template <typename Key, typename T>
struct Codec<std::map<Key, Result<T>>> {
  static Json write(const std::map<Key, Result<T>>& value) {
    Json json = Json::object();
    for (const auto& [key, item] : value) json[key_text(key)] = core::write(item);
    return json;
  }
  static void read(const Json& json, std::map<Key, Result<T>>& value) {
    if (!json.is_object()) throw BadJson{"", "is not an object"};
    value.clear();
    for (const auto& [key, item] : json.items()) {
      Result<T> one{T{}};
      core::read(item, one);
      value.emplace(Key{key}, std::move(one));
    }
  }
};

// A node's note may hold any bytes; what is no UTF-8 is written as U+FFFD.
std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

template <typename T>
Result<T> parse_as(std::string_view text, std::string_view what) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return make_error(ErrorKind::protocol, "{} is not JSON", what);
  try {
    T value{};
    core::read(json, value);
    return value;
  } catch (const BadJson& bad) {
    return make_error(ErrorKind::protocol, "{}: '{}' {}", what, bad.path, bad.why);
  }
}

constexpr std::string_view k_snapshot_schema = "tide.snapshot/1";

}  // namespace

std::string to_json(const SavedSnapshot& saved) {
  Json json = {{"schema", std::string(k_snapshot_schema)}};
  json["settings"] = write(saved.settings);
  json["snapshot"] = write(saved.snapshot);
  return dump(json, 1) + "\n";
}

Result<SavedSnapshot> snapshot_from_json(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    return make_error(ErrorKind::usage, "the snapshot is not JSON")
        .with_hint("Write one with 'tide info --save-snapshot FILE'.");
  }
  const std::string schema =
      json.contains("schema") && json.at("schema").is_string() ? json.at("schema").get<std::string>() : "";
  if (schema != k_snapshot_schema) {
    return make_error(ErrorKind::usage, "the snapshot's schema is '{}', not '{}'", schema, k_snapshot_schema)
        .with_hint("Write one with 'tide info --save-snapshot FILE' of this version.");
  }
  if (!json.contains("settings") || !json.contains("snapshot")) {
    return make_error(ErrorKind::usage, "the snapshot lacks its settings or its reading")
        .with_hint("Write one with 'tide info --save-snapshot FILE'.");
  }
  try {
    SavedSnapshot saved;
    read(json.at("settings"), saved.settings);
    read(json.at("snapshot"), saved.snapshot);
    return saved;
  } catch (const BadJson& bad) {
    return make_error(ErrorKind::usage, "the snapshot's '{}' {}", bad.path, bad.why);
  }
}

std::string readings_to_json(const Snapshot& snapshot) {
  Json json = Json::object();
  fields(snapshot, [&](const char* name, const auto& field) {
    if constexpr (!std::same_as<std::remove_cvref_t<decltype(field)>, Memory>) json[name] = write(field);
  });
  return dump(json, -1);
}

Result<Snapshot> readings_from_json(std::string_view text) { return parse_as<Snapshot>(text, "the kept reading"); }

#define TIDE_ROW(Row)                                                  \
  std::string to_json(const Row& row) { return dump(write(row), -1); } \
  template <>                                                          \
  Result<Row> row_from_json<Row>(std::string_view text) {              \
    return parse_as<Row>(text, "the row of a " #Row);                  \
  }
TIDE_ROW(Intent)
TIDE_ROW(Machine)
TIDE_ROW(HoldRow)
TIDE_ROW(NodeRow)
TIDE_ROW(Wish)
TIDE_ROW(BackOff)
TIDE_ROW(Breaker)
TIDE_ROW(TypeBook)
TIDE_ROW(CloudHealth)
TIDE_ROW(PriceReading)
TIDE_ROW(ReservationReading)
TIDE_ROW(BootTimes)
TIDE_ROW(Spend)
TIDE_ROW(SpendClock)
TIDE_ROW(PassClock)
TIDE_ROW(LastGood)
TIDE_ROW(Suspicion)
TIDE_ROW(Sleep)
TIDE_ROW(Resize)
#undef TIDE_ROW

}  // namespace tide::core
