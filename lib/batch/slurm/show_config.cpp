#include <tide/batch/slurm/show_config.hpp>
#include <tide/batch/slurm/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <map>

namespace tide::batch::slurm {

namespace {

// Run with 22.05.8. By their change logs, later ones changed no column or key that is read here, only what stands in
// TRES per task; what else they would change is a protocol error.
constexpr std::int64_t k_release_min = 2205;
constexpr std::int64_t k_release_max = 2411;

// "slurm(64030)"
Result<void> read_user(std::string_view text, SlurmConfig& config) {
  const std::size_t bracket = text.find('(');
  const auto id = bracket == std::string_view::npos || !text.ends_with(')')
                      ? std::nullopt
                      : parse_integer(text.substr(bracket + 1, text.size() - bracket - 2));
  if (!id) return make_error(ErrorKind::protocol, "SlurmUser is '{}'", printable(text, 80));
  config.user = std::string(text.substr(0, bracket));
  config.user_id = *id;
  return {};
}

// 22.05 shows a partition's SelectTypeParameters beside CR_CPU too, and logs "Can't use Partition SelectType unless
// using CR_Socket or CR_Core".
bool heeds_partitions(std::string_view select_parameters) {
  const auto words = split(select_parameters, ',');
  return std::ranges::any_of(words, [](std::string_view word) {
    word = trim(word);
    return word == "CR_CORE" || word == "CR_CORE_MEMORY" || word == "CR_SOCKET" || word == "CR_SOCKET_MEMORY";
  });
}

}  // namespace

bool consumes_memory(std::string_view select_parameters) {
  const auto words = split(select_parameters, ',');
  return std::ranges::any_of(words, [](std::string_view word) {
    word = trim(word);
    return word.starts_with("CR_") && word.ends_with("_MEMORY");
  });
}

bool SlurmConfig::hides(std::string_view what) const {
  return std::ranges::any_of(private_data, [&](const std::string& word) { return word == what || word == "all"; });
}

Result<SlurmConfig> parse_show_config(std::string_view text) {
  if (!text.starts_with("Configuration data as of ")) {
    if (trim(text).empty()) return make_error(ErrorKind::unproven, "it printed nothing");
    return make_error(ErrorKind::protocol, "its first line is '{}'", printable(text.substr(0, text.find('\n')), 80));
  }
  std::map<std::string_view, std::string_view> values;
  bool up = false;
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with("Slurmctld(") && line.ends_with(" is UP")) up = true;
    const std::size_t sign = line.find('=');
    if (sign != std::string_view::npos) values.emplace(trim(line.substr(0, sign)), trim(line.substr(sign + 1)));
  }
  if (!up || !text.ends_with('\n'))
    return make_error(ErrorKind::unproven, "its output does not end with a slurmctld that is UP");
  SlurmConfig config;
  config.cluster = std::string(values["ClusterName"]);
  config.version = std::string(values["SLURM_VERSION"]);
  if (config.cluster.empty() || config.version.empty()) {
    return make_error(ErrorKind::protocol, "its output names no ClusterName or no SLURM_VERSION");
  }
  TIDE_TRY(read_user(values["SlurmUser"], config));
  config.boot_time = parse_slurm_time(values["BOOT_TIME"]);
  config.nodes_max = parse_integer(values["MaxNodeCount"]).value_or(0);
  config.has_accounting = values["AccountingStorageType"] == "accounting_storage/slurmdbd";
  config.memory = {.consumed = consumes_memory(values["SelectTypeParameters"]),
                   .partitions_count = heeds_partitions(values["SelectTypeParameters"]),
                   .by_gpu = values["JobDefaults"].find("DefMemPerGPU=") != std::string_view::npos,
                   .free = values["DefMemPerCPU"] == "0"};
  for (const std::string_view word : split(values["PrivateData"], ',')) {
    if (!is_none(word)) config.private_data.emplace_back(trim(word));
  }
  return config;
}

Result<void> check_version(std::string_view version) {
  const auto parts = split(version, '.');
  const auto year = parse_integer(parts.front());
  const auto month = parts.size() < 2 ? std::nullopt : parse_integer(parts[1]);
  if (!year || !month || *month < 1 || *month > 12) {
    return make_error(ErrorKind::protocol, "'{}' is no version of Slurm", printable(version, 40));
  }
  const std::int64_t release = *year * 100 + *month;
  if (release < k_release_min || release > k_release_max) {
    return make_error(ErrorKind::protocol, "Slurm {} is not one that this version of tide reads: 22.05 to 24.11",
                      printable(version, 40));
  }
  return {};
}

}  // namespace tide::batch::slurm
