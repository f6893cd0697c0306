#include <tide/config/keys.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::config {

namespace {

using enum KeyType;

// clang-format off
constexpr std::array k_common{
    KeySpec{"cluster", "name", text, "", "", "Name of the cluster: in tags, node names and the state folder", true},
    KeySpec{"cluster", "batch", text, "", "", "Batch system: slurm, openpbs, torque, htcondor, gridengine", true},
    KeySpec{"cluster", "head", text, "", "", "Host name or address at which nodes find the head; never guessed; needed once there is a pool", false},
    KeySpec{"cluster", "state_dir", text, "\"/var/lib/tide/NAME\"", "", "Folder of the store and the lock, on a local disk; its owner is the user to run tide as", false},

    KeySpec{"batch", "bin_dir", text, "", "", "Folder of the batch system's commands; else PATH", false},
    KeySpec{"batch", "queues", list, "[]", "", "Only jobs of these queues make demand; empty: all", false},
    KeySpec{"batch", "timeout", duration, "\"30s\"", "", "How long one command of the batch system may take", false},
    KeySpec{"batch", "env", table, "", "", "[batch.env]: environment variables for the batch system's commands; no others of SLURM_*, SQUEUE_* and the like reach them", false},

    KeySpec{"scale", "policy", choice, "\"fit\"", "fit", "How demand becomes machines: fit counts free and booting capacity first, then launches whole nodes, cheapest pool first", false},
    KeySpec{"scale", "min_nodes", number, "0", "", "Machines kept even without jobs, over all pools", false},
    KeySpec{"scale", "max_nodes", number, "", "", "Most machines at once, with those booting and intended", true},
    KeySpec{"scale", "idle_time", duration, "\"10m\"", "", "A node that is empty for this long is drained and ended", false},
    KeySpec{"scale", "boot_deadline", duration, "\"15m\"", "", "A machine whose node has not registered by then is a boot failure", false},
    KeySpec{"scale", "orphan_grace", duration, "\"10m\"", "", "A machine of ours that nothing explains is ended after this", false},
    KeySpec{"scale", "down_time", duration, "\"30m\"", "", "A node silent and without jobs for this long may be ended", false},
    KeySpec{"scale", "max_end_per_pass", percent, "\"20%\"", "", "Most machines that one pass ends, of the live ones, at least 1; \"100%\": no limit", false},
    KeySpec{"scale", "max_launch_per_pass", number, "20", "", "Most machines that one pass launches; 0: no limit", false},
    KeySpec{"scale", "keep_failed", number, "0", "", "Machines whose cloud says error that stay for a person to look at, the last to fail; they count in max_nodes and in the cloud's quota", false},

    KeySpec{"money", "currency", text, "\"USD\"", "", "What prices are in; for display only", false},
    KeySpec{"money", "per_hour", money, "", "", "Most that all machines together may cost an hour; a pool without a price then launches nothing", false},
    KeySpec{"money", "per_day", money, "", "", "Most to spend a day (UTC): what is spent, and what runs until the day ends, for an hour at least; a pool without a price then launches nothing", false},
    KeySpec{"money", "per_month", money, "", "", "Most to spend a calendar month (UTC), counted likewise", false},

    KeySpec{"spot", "bid", decimal, "1.2", "", "What a spot pool without max_price bids, as a share of the on-demand price; needs one that is known", false},
    KeySpec{"spot", "replace_below", decimal, "0.8", "", "An on-demand machine of a pool with spot_pool gives way to a spot one that costs at most this share of it", false},
    KeySpec{"spot", "extra_below", decimal, "0.28", "", "Machines of [pools.NAME] extra are bought at no more than this share of the on-demand price", false},
    KeySpec{"spot", "keep_below", decimal, "0.38", "", "Idle machines of extra are kept while they cost no more than this share of the on-demand price", false},
    KeySpec{"spot", "on_demand_min", number, "0", "", "So many of the machines that are there are bought on demand, before cheaper ones, and stay so", false},

    KeySpec{"names", "method", choice, "\"batch\"", "batch|hosts|dnsmasq|command", "How the head finds its nodes by name: batch leaves it to the batch system, which is told each address, or to DNS; hosts keeps lines in a hosts file; dnsmasq keeps a file of its own, which dnsmasq serves to the nodes too; command is given the lines", false},
    KeySpec{"names", "file", text, "", "", "hosts: the hosts file, else /etc/hosts; dnsmasq: a file in the folder of dnsmasq's hostsdir", false},
    KeySpec{"names", "command", list, "[]", "", "Program and arguments; gets all lines ADDRESS NAME on its input whenever they change (hosts and dnsmasq: before the file is written)", false},

    KeySpec{"hooks", "timeout", duration, "\"30s\"", "", "A hook that takes longer is killed; before_end then keeps the machine", false},
    KeySpec{"hooks", "node_added", list, "[]", "", "Program and arguments, run once a node of ours was made in the batch system; JSON on its input (hooks of tide(1))", false},
    KeySpec{"hooks", "node_removed", list, "[]", "", "Run once a node was taken out of the batch system", false},
    KeySpec{"hooks", "instance_started", list, "[]", "", "Run for each machine that the cloud says it starts", false},
    KeySpec{"hooks", "instance_ended", list, "[]", "", "Run for each machine that the cloud says it ends", false},
    KeySpec{"hooks", "before_end", list, "[]", "", "Run before a machine is ended; if it fails, the machine stays for this pass", false},
    KeySpec{"hooks", "pass_failed", list, "[]", "", "Run after a pass with an exit code other than 0", false},

    KeySpec{"clouds.*", "kind", text, "", "", "Kind of cloud: ec2, nova or local", true},
    KeySpec{"clouds.*", "prices", text, "", "", "File of on-demand prices, \"TYPE PRICE\" a line: for pools without price, and for what [spot] compares with; examples/prices has some", false},
    KeySpec{"clouds.*", "env", table, "", "", "[clouds.NAME.env]: environment variables of this cloud alone, over those of the process: AWS_PROFILE, OS_CLOUD, but no proxies; a local cloud's command gets these", false},

    KeySpec{"pools.*", "cloud", text, "", "", "Which [clouds.NAME] its machines come from", true},
    KeySpec{"pools.*", "image", text, "", "", "Image to boot", false},
    KeySpec{"pools.*", "types", list, "[]", "", "Instance types in order of preference; all offer at least the slots and memory given here", false},
    KeySpec{"pools.*", "slots", number, "0", "", "Slots (CPUs) that one machine offers to jobs; default: what the cloud says of its types (EC2)", false},
    KeySpec{"pools.*", "memory", size, "", "", "Memory that one machine offers to jobs; default: what the cloud says of its types (EC2), less what the system needs; elsewhere jobs that ask for memory do not fit", false},
    KeySpec{"pools.*", "gpus", text, "\"\"", "", "GPUs of one machine: \"2\", \"a100:2\" or \"a100:2,v100:1\"", false},
    KeySpec{"pools.*", "features", list, "[]", "", "Features of its nodes, beside the pool's own name and, on spot machines, spot", false},
    KeySpec{"pools.*", "queues", list, "[]", "", "Only jobs of these queues may use it; empty: all", false},
    KeySpec{"pools.*", "accounts", list, "[]", "", "It is launched only for jobs of these accounts (qsub -A); empty: for all. A node that is there serves whom the batch system lets", false},
    KeySpec{"pools.*", "market", choice, "\"on-demand\"", "on-demand|spot", "How machines are bought; jobs marked not rerunnable never count towards spot", false},
    KeySpec{"pools.*", "max_price", money, "", "", "Most to bid for a spot machine and hour; without it, [spot] bid of the on-demand price where that is known, else what the cloud takes", false},
    KeySpec{"pools.*", "price", money, "", "", "Price of one machine and hour, for ordering pools and for caps; default: of its cloud's prices, where that is given", false},
    KeySpec{"pools.*", "spot_pool", text, "", "", "On an on-demand pool: the spot pool whose machines take the place of this one's near the end of their paid period, see [spot]", false},
    KeySpec{"pools.*", "extra", number, "0", "", "On a spot pool: machines kept without jobs while they are cheap, see [spot] extra_below and keep_below", false},
    KeySpec{"pools.*", "paid_period", duration, "\"0s\"", "", "Machines are paid for in whole periods of this length from their launch: idle ones end in the last eighth of one; 0s: paid by the second", false},
    KeySpec{"pools.*", "min", number, "0", "", "Machines of this pool kept even without jobs", false},
    KeySpec{"pools.*", "max", number, "0", "", "Most machines of this pool at once; 0: only max_nodes limits it", false},
    KeySpec{"pools.*", "keep_stopped", number, "0", "", "Idle machines that are stopped instead of ended, at most so many: the next jobs start them again before new ones are launched. Their disks are paid for (EC2, on demand)", false},
    KeySpec{"pools.*", "names", text, "\"{cluster}-{pool}-{n:04}\"", "", "Node names: a template, a range such as \"cloud[001-100]\", or \"dns\" for the private DNS name", false},
    KeySpec{"pools.*", "address", choice, "\"private\"", "private|public|ipv6", "Which address of a machine is its node's", false},
    KeySpec{"pools.*", "user_data", text, "", "", "File with the template of the script that a machine boots with; relative to this file", false},
};

constexpr std::array k_later{
    LaterKey{"cluster", "batch", "exec"},
    LaterKey{"clouds.*", "kind", "google"},      LaterKey{"clouds.*", "kind", "autoscaling"},
    LaterKey{"pools.*", "ready", ""},
};
// clang-format on

}  // namespace

std::span<const KeySpec> common_keys() { return k_common; }
std::span<const LaterKey> later_keys() { return k_later; }

bool is_later(std::string_view section, std::string_view name, std::string_view value) {
  return std::ranges::any_of(k_later, [&](const LaterKey& later) {
    return later.section == section && later.name == name && later.value == value;
  });
}

std::vector<std::string> fallback_texts(const KeySpec& key) {
  std::string_view rest = key.fallback;
  if (rest.empty() || rest == "[]") return {};
  if (rest.front() == '[' && rest.back() == ']') rest = rest.substr(1, rest.size() - 2);
  std::vector<std::string> texts;
  for (std::string_view piece : split(rest, key.type == list ? ',' : '\0')) {
    piece = trim(piece);
    if (piece.size() >= 2 && piece.front() == '"' && piece.back() == '"') piece = piece.substr(1, piece.size() - 2);
    texts.emplace_back(piece);
  }
  return texts;
}

std::string_view to_string(KeyType type) {
  switch (type) {
    case text: return "text";
    case flag: return "flag";
    case number: return "number";
    case decimal: return "decimal";
    case duration: return "duration";
    case size: return "size";
    case money: return "money";
    case percent: return "percent";
    case list: return "list";
    case choice: return "choice";
    case table: return "table";
  }
  return "text";
}

std::string_view example(KeyType type) {
  switch (type) {
    case text:
    case choice: return "\"text\"";
    case flag: return "true or false";
    case number: return "a whole number such as 4, not negative";
    case decimal: return "a number such as 0.5";
    case duration: return "\"90s\", \"10m\", \"1h30m\" or \"2d\"";
    case size: return "\"512MiB\", \"8GiB\" or \"1TiB\"";
    case money: return "0.17 or \"0.17\", with at most six decimals";
    case percent: return "\"20%\"";
    case list: return "[\"one\", \"two\"]";
    case table: return "a table of NAME = \"text\"";
  }
  return "\"text\"";
}

}  // namespace tide::config
