#pragma once

#include <tide/core/instance.hpp>
#include <tide/core/job.hpp>

#include <optional>

namespace tide::core {

// A share of the live machines, or all of them.
struct EndLimit {
  int percent = 20;  // 100: no limit; else at least one machine

  bool operator==(const EndLimit&) const = default;
};

struct ScaleSettings {
  std::string policy = "fit";
  int min_nodes = 0;
  int max_nodes = 0;  // live instances of ours and open intents; 0: nothing may be launched
  Seconds idle_time{600};
  Seconds boot_deadline{900};
  Seconds orphan_grace{600};
  Seconds down_time{1800};
  EndLimit max_end_per_pass;
  int max_launch_per_pass = 20;  // 0: no limit
  int keep_failed = 0;           // machines whose cloud says error, for a person to look at

  bool operator==(const ScaleSettings&) const = default;
};

struct Money {
  std::string currency = "USD";
  std::optional<std::int64_t> per_hour_micros;
  std::optional<std::int64_t> per_day_micros;  // days and months are UTC's
  std::optional<std::int64_t> per_month_micros;

  bool operator==(const Money&) const = default;
};

// When spot machines take the place of on-demand ones, and what is bid: numbers of a policy, as PiCloud had them.
// Shares of the on-demand price in thousandths: nothing that decides is floating point.
struct SpotSettings {
  int bid = 1200;           // of pools without max_price
  int replace_below = 800;  // of what the on-demand machine costs
  int extra_below = 280;    // Pool::extra are bought so,
  int keep_below = 380;     // and kept so
  int on_demand_min = 0;    // machines that are on demand, whatever spot ones cost

  bool operator==(const SpotSettings&) const = default;
};

// What can be launched, and what one machine of it offers to jobs.
struct Pool {
  PoolName name;
  CloudName cloud;
  std::string image;
  std::vector<std::string> types;  // in order of preference
  int slots = 1;
  std::int64_t memory_mib = 0;  // 0: not known; jobs that ask for memory then do not fit
  Gpus gpus;
  std::vector<std::string> features;  // the pool's own name is always one too
  std::vector<std::string> queues;    // only jobs of these; empty: all
  std::vector<std::string> accounts;  // launched only for jobs of these; empty: for all
  Market market = Market::on_demand;
  std::string max_price;
  std::optional<std::int64_t> price_micros;  // per machine and hour
  std::map<std::string, std::int64_t>
      on_demand;                             // what each type costs on demand: as configured, or of the cloud's table
  std::map<std::string, std::int64_t> bids;  // of a spot pool without max_price: the cap of each type
  PoolName spot_pool;                        // whose machines take the place of this one's
  int extra = 0;                             // of a spot pool: kept without jobs while they are cheap
  Seconds paid_period{0};                    // machines are paid for in whole ones, from their launch; 0: by the second
  int min = 0;
  int max = 0;           // 0: no limit of its own
  int keep_stopped = 0;  // idle machines that are stopped instead of ended, to be started again for the next jobs
  std::string names;     // template, range, or "dns"
  std::string address = "private";
  std::string user_data;           // text of the template file, read with the configuration
  std::vector<std::string> zones;  // what one multi-node job must share: subnets, zones; "" if any
  std::map<std::string, std::vector<std::string>> options;  // keys that only the cloud's adapter knows

  bool operator==(const Pool&) const = default;
};

// What plan() obeys. All that only adapters need is in config::Config.
struct Settings {
  std::string cluster;
  std::string batch;  // kind
  std::string head;
  std::vector<std::string> queues;  // only these make demand; empty: all
  ScaleSettings scale;
  Money money;
  SpotSettings spot;
  std::map<PoolName, Pool> pools;

  bool operator==(const Settings&) const = default;
};

}  // namespace tide::core
