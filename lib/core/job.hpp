#pragma once

#include <tide/core/ids.hpp>
#include <tide/util/clock.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tide::core {

// GPUs by type; "" stands for any type (in a request) or an untyped one (on a node).
using Gpus = std::map<std::string, int>;

// A part of a job whose nodes are alike. TORQUE's "2:ppn=4+1:gpus=1" has two; most jobs have one.
struct Chunk {
  int nodes = 1;      // fewest nodes
  int nodes_max = 0;  // most nodes; 0: as many as the tasks need
  int tasks = 1;      // of the whole chunk; a task never spans nodes
  int slots_per_task = 1;
  int tasks_per_node = 0;  // most on one node; 0: no limit
  std::int64_t memory_mib_per_node = 0;
  std::int64_t memory_mib_per_slot = 0;
  Gpus gpus_per_node;
  std::vector<std::vector<std::string>> features;  // all of these, each one of its alternatives
  std::vector<std::string> lacking;                // none of these

  auto operator<=>(const Chunk&) const = default;
};

// What jobs of one kind ask for. Jobs with equal shapes are one line of demand.
struct Shape {
  std::vector<Chunk> chunks;
  std::string queue;                      // Slurm: partition
  std::vector<std::string> other_queues;  // that may start it whole as well (Slurm: -p a,b)
  std::string account;
  Seconds walltime{0};     // 0: no limit
  bool exclusive = false;  // whole nodes
  bool apart = false;      // no node serves two of its chunks (TORQUE)
  bool rerunnable = true;  // false: makes no demand on spot pools
  std::string unjudged;    // a requirement that tide cannot judge, in the batch system's words: makes no demand
  std::string assumed;     // one that is taken as met, and told

  auto operator<=>(const Shape&) const = default;
};

// Why a waiting job does or does not make demand.
enum class Waiting {
  eligible,      // only capacity is missing
  held,          // by a person or an administrator
  dependent,     // waits for another job
  deferred,      // has a start time in the future
  limited,       // by an array's % limit, a QOS, an account or a licence
  queue_closed,  // partition down or stopped
  node_bound,    // names a node that is not there
  failed,        // the batch system says that it can never run
  unknown,       // a reason that this version of tide does not know: makes no demand, and is told
};

struct WaitingJobs {
  Shape shape;
  Waiting waiting = Waiting::eligible;
  std::string reason;         // the batch system's own word
  std::int64_t count = 0;     // jobs; an array counts its waiting tasks
  std::vector<JobId> ids;     // the first 20, or all with --with-jobs
  TimePoint oldest{};         // submit time
  std::int64_t priority = 0;  // highest of the group; greater runs first

  bool operator==(const WaitingJobs&) const = default;
};

struct JobQueue {
  std::vector<WaitingJobs> waiting;                // sorted: priority, then oldest, then shape
  std::map<NodeName, std::vector<JobId>> running;  // running, starting, suspended, completing, exiting
  std::string proof;                               // what proved the reading whole

  bool operator==(const JobQueue&) const = default;
};

constexpr std::size_t k_job_ids_per_shape = 20;

}  // namespace tide::core
