#pragma once

#include <tide/core/finding.hpp>
#include <tide/core/job.hpp>
#include <tide/core/node.hpp>
#include <tide/core/settings.hpp>
#include <tide/core/snapshot.hpp>
#include <tide/util/result.hpp>

#include <vector>

namespace tide::batch {

// A node's entry to make before its machine is launched.
struct NodeSpec {
  core::NodeName name;
  std::string address;  // "" while not known
  int slots = 1;
  std::int64_t memory_mib = 0;
  core::Gpus gpus;
  std::vector<std::string> features;
  std::string note;  // it is born held with this note
};

// The batch system through its own commands. Adapters translate; they never retry, sleep, log or decide.
// Every reading comes with proof that it is whole, or it is an error of kind batch, unproven, protocol or stranger.
class BatchSystem {
 public:
  virtual ~BatchSystem() = default;

  virtual core::BatchTraits traits() const = 0;

  // Who answers, since when; also proves that others' jobs are seen (else: unproven).
  virtual Result<core::ServerIdentity> server() = 0;

  virtual Result<std::vector<core::Node>> nodes() = 0;    // sorted by name; may use what jobs() has just read
  virtual Result<core::JobQueue> jobs(bool all_ids) = 0;  // streams

  // Each of these is safe to repeat.
  virtual Result<void> add(const NodeSpec& node) = 0;
  virtual Result<void> set_address(const core::NodeName& node, const std::string& address) = 0;
  virtual Result<void> hold(const core::NodeName& node, const std::string& note) = 0;
  virtual Result<void> release(const core::NodeName& node) = 0;
  // The node's machine is gone: its jobs are taken from it and wait again, by the batch system's own rules for jobs of
  // a dead node. Only where the traits say so.
  virtual Result<void> give_up(const core::NodeName& node) {
    return make_error(ErrorKind::unexpected, "node '{}' cannot be given up here", node.value);
  }
  virtual Result<void> remove(const core::NodeName& node) = 0;  // refuses a node with jobs; absent is success

  // What `tide doctor` should tell beside these: may this user change nodes, what was never tried. Changes nothing.
  virtual core::Findings examine(const core::Settings& /*settings*/) { return {}; }
};

}  // namespace tide::batch
