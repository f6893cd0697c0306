#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::slurm {

// What becomes of a job that asks for no memory.
struct MemoryRules {
  bool consumed = false;          // SelectTypeParameters=CR_..._Memory: it gets all of its node's
  bool partitions_count = false;  // a partition's SelectTypeParameters are heeded, and not only shown
  bool by_gpu = false;            // DefMemPerGPU: unless it has GPUs
  bool free = false;              // DefMemPerCPU=0, spelled out: it gets none, and needs none

  bool operator==(const MemoryRules&) const = default;
};

// SelectTypeParameters as `scontrol` prints them: "CR_CORE_MEMORY,CR_ONE_TASK_PER_CORE".
bool consumes_memory(std::string_view select_parameters);

struct SlurmConfig {
  std::string cluster;
  std::string version;  // "22.05.8"
  std::string user;     // SlurmUser
  std::int64_t user_id = 0;
  std::optional<TimePoint> boot_time;
  std::vector<std::string> private_data;  // "jobs", "nodes", "cloud", ...
  bool has_accounting = false;            // slurmdbd keeps operators
  std::int64_t nodes_max = 0;             // MaxNodeCount; 0: it does not say
  MemoryRules memory;

  bool hides(std::string_view what) const;
};

// `scontrol show config`: begins with "Configuration data as of", ends with who answers ("Slurmctld(primary) at head is
// UP").
Result<SlurmConfig> parse_show_config(std::string_view text);

// Which releases this tide reads: 22.05 to 24.11.
Result<void> check_version(std::string_view version);

}  // namespace tide::batch::slurm
