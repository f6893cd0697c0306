#include <tide/batch/htcondor/ads.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::htcondor {

namespace {

enum class Field : std::size_t {
  type,
  name,
  machine,
  version,
  address,
  heard,
  clock,
  measured_at,
  measured_age,
  daemon_start,
  startd_start,
  partitionable,
  dynamic,
  offline,
  draining,
  drain_reason,
  closed,
  start,
  state,
  activity,
  job,
  cpus,
  memory,
  gpus,
  slot_cpus,
  slot_memory,
  slot_gpus,
  retirement,
  tide_gpus,
  tide_node,
  tide_instance,
  tide_ready,
  tide_pool,
  tide_features,
  count
};
constexpr std::size_t k_fields = static_cast<std::size_t>(Field::count);

constexpr std::array<Column, k_fields> k_columns{{
    {"MyType"},
    {"Name"},
    {"Machine"},
    {"CondorVersion"},
    {"MyAddress"},
    {"LastHeardFrom"},
    {"StatsLastUpdateTime"},
    {"MonitorSelfTime"},
    {"MonitorSelfAge"},
    {"DaemonStartTime"},
    {"STARTD_StartTime"},
    {"PartitionableSlot"},
    {"DynamicSlot"},
    {"Offline"},
    {"Draining"},
    {"DrainReason"},
    {"unparse(Requirements) == \"false\""},
    {"Start"},
    {"State"},
    {"Activity"},
    {"JobId"},
    {"Cpus"},
    {"Memory"},
    {"GPUs"},
    {"TotalSlotCpus"},
    {"TotalSlotMemory"},
    {"TotalSlotGPUs"},
    {"MaxJobRetirementTime"},
    {"TideGpus"},
    {"TideNode"},
    {"TideInstance"},
    {"TideReady"},
    {"TidePool"},
    {"TideFeatures"},
}};

bool is_attribute(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  static constexpr std::array<std::string_view, 6> k_words{"true", "false", "undefined", "error", "is", "isnt"};
  return !name.empty() && name.size() <= 100 && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); }) &&
         std::ranges::find(k_words, to_lower(name)) == k_words.end();
}

// A feature that has an attribute's name may be an attribute of the ad.
std::vector<std::string> attributes_of(const std::set<std::string>& features) {
  std::vector<std::string> names;
  for (const auto& feature : features) {
    if (is_attribute(feature)) names.push_back(feature);
  }
  return names;
}

class Row {
 public:
  explicit Row(std::vector<std::string_view> columns) : m_columns(std::move(columns)) {}

  std::string_view raw(Field field) const { return m_columns[static_cast<std::size_t>(field)]; }
  std::string text(Field field) const { return text_of(raw(field)); }
  std::string word(Field field) const { return printable(text(field), 300); }
  bool is_true(Field field) const { return raw(field) == "true"; }
  std::optional<std::int64_t> number(Field field) const {
    const std::string_view value = raw(field);
    return parse_integer(value.substr(0, value.find('.')));
  }
  std::int64_t amount(Field field) const { return std::clamp<std::int64_t>(number(field).value_or(0), 0, 1LL << 40U); }
  std::string_view extra(std::size_t index) const { return m_columns[k_fields + index]; }

 private:
  std::vector<std::string_view> m_columns;
};

void read_features(const Row& row, const std::vector<std::string>& attributes, Ad& ad) {
  const auto add = [&](std::string_view feature) {
    if (!feature.empty()) ad.features.push_back(printable(feature, 200));
  };
  add(trim(row.text(Field::tide_pool)));
  const std::string list = row.text(Field::tide_features);
  std::size_t at = 0;
  while (at < list.size()) {
    const std::size_t end = std::min(list.find_first_of(", ", at), list.size());
    add(std::string_view(list).substr(at, end - at));
    at = end + 1;
  }
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    if (row.extra(i) == "true") add(attributes[i]);
  }
  std::ranges::sort(ad.features);
  ad.features.erase(std::unique(ad.features.begin(), ad.features.end()), ad.features.end());
}

// "a100:2,v100:1", as the join script publishes it.
std::map<std::string, int> typed_gpus(const std::string& text) {
  std::map<std::string, int> gpus;
  for (const std::string_view item : split(text, ',')) {
    const std::size_t colon = item.rfind(':');
    const auto count = colon == std::string_view::npos ? std::nullopt : parse_integer(trim(item.substr(colon + 1)));
    if (!count || *count < 1 || *count > 1'000) return {};
    gpus[std::string(trim(item.substr(0, colon)))] += static_cast<int>(*count);
  }
  return gpus;
}

void read_slot(const Row& row, Ad& ad) {
  ad.partitionable = row.is_true(Field::partitionable);
  ad.dynamic = row.is_true(Field::dynamic);
  ad.offline = row.is_true(Field::offline);
  ad.draining = row.is_true(Field::draining);
  ad.drain_reason = row.word(Field::drain_reason);
  ad.closed = !ad.draining && row.is_true(Field::closed);
  ad.start_false = row.raw(Field::start) == "false";
  ad.state = row.word(Field::state);
  ad.activity = row.word(Field::activity);
  ad.job = row.word(Field::job);
  ad.cpus = row.amount(Field::cpus);
  ad.memory_mib = row.amount(Field::memory);
  ad.gpus = row.amount(Field::gpus);
  ad.slot_cpus = row.number(Field::slot_cpus) ? row.amount(Field::slot_cpus) : ad.cpus;
  ad.slot_memory_mib = row.number(Field::slot_memory) ? row.amount(Field::slot_memory) : ad.memory_mib;
  ad.slot_gpus = row.number(Field::slot_gpus) ? row.amount(Field::slot_gpus) : ad.gpus;
  ad.retirement = row.amount(Field::retirement);
  ad.tide_gpus = typed_gpus(row.word(Field::tide_gpus));
  ad.tide_node = row.word(Field::tide_node);
  ad.tide_instance = row.word(Field::tide_instance);
  if (!is_undefined(row.raw(Field::tide_ready))) ad.tide_ready = row.is_true(Field::tide_ready);
}

Result<Ad> parse_ad(std::string_view line, const std::vector<std::string>& attributes) {
  std::vector<std::string_view> columns = columns_of(line, false);
  if (columns.size() != k_fields + attributes.size()) {
    return make_error(ErrorKind::protocol, "'{}' has {} columns, not {}", printable(line, 80), columns.size(),
                      k_fields + attributes.size());
  }
  const Row row(std::move(columns));
  Ad ad;
  ad.type = row.word(Field::type);
  ad.name = row.word(Field::name);
  ad.machine = row.word(Field::machine);
  ad.address = row.word(Field::address);
  ad.version = row.word(Field::version);
  const auto heard = row.number(Field::heard);
  if (ad.type.empty() || ad.name.empty() || !heard)
    return make_error(ErrorKind::protocol, "'{}' is no ad with a type, a name and a time", printable(line, 80));
  ad.heard = *heard;
  ad.clock = row.number(Field::clock);
  ad.up_since = row.number(Field::daemon_start);
  const auto measured_at = row.number(Field::measured_at);
  const auto age = row.number(Field::measured_age);
  if (!ad.up_since && measured_at && age) ad.up_since = *measured_at - *age;
  ad.startd_up_since = row.number(Field::startd_start);
  read_slot(row, ad);
  read_features(row, attributes, ad);
  return ad;
}

}  // namespace

std::vector<std::string> ad_arguments(std::span<const std::string_view> types, const std::string& machine) {
  std::string list = "Collector";
  for (const std::string_view type : types) list += fmt::format(",{}", type);
  std::string constraint = fmt::format("stringListMember(MyType, \"{}\")", list);
  if (!machine.empty())
    constraint += fmt::format(" && ifThenElse(MyType == \"Collector\", true, Machine == \"{}\")", machine);
  return {"-any", "-constraint", constraint, "-sort", "MyType =?= \"Collector\"", "-print-format", "-"};
}

std::string ad_format(const std::set<std::string>& features) {
  std::vector<Column> columns(k_columns.begin(), k_columns.end());
  const std::vector<std::string> attributes = attributes_of(features);
  for (const auto& name : attributes) columns.push_back({name});
  return print_format(columns, false);
}

Result<Ads> parse_ads(std::string_view text, const std::set<std::string>& features) {
  const std::vector<std::string> attributes = attributes_of(features);
  Ads ads;
  bool whole = false;
  const auto take = [&](std::string_view line, bool cut) -> Result<void> {
    if (cut) return make_error(ErrorKind::protocol, "a line is longer than {} bytes", k_line_max);
    if (line.empty()) return {};
    TIDE_TRY_ASSIGN(Ad ad, parse_ad(line, attributes));
    ads.now = std::max({ads.now, ad.heard, ad.clock.value_or(0)});
    if (ad.type == "Collector") {
      if (!whole || ad.name < ads.collector.name) ads.collector = std::move(ad);  // of several that back each other up
      whole = true;
      return {};
    }
    if (whole) return make_error(ErrorKind::protocol, "'{}' comes after the collector's ad", printable(line, 80));
    ads.others.push_back(std::move(ad));
    return {};
  };
  LineReader lines;
  TIDE_TRY(lines.feed(text, take));
  if (lines.in_line()) return make_error(ErrorKind::unproven, "its output ends in the middle of a line");
  if (!whole) {
    return make_error(ErrorKind::unproven, "its output lacks the collector's own ad, which ends a whole one")
        .with_hint("Let COLLECTOR_UPDATE_INTERVAL be shorter than CLASSAD_LIFETIME on the central manager.");
  }
  return ads;
}

}  // namespace tide::batch::htcondor
