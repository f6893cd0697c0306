#pragma once

#include <tide/core/job.hpp>

#include <optional>

namespace tide::core {

// What the batch system knows of a node.
// A size of slots that jobs get one of and never more, however much else is free (HTCondor's static slots).
struct FixedSlot {
  int slots = 0;
  std::int64_t memory_mib = 0;
  int gpus = 0;
  int count = 0;  // how many there are
  int free = 0;   // and how many of them run nothing

  bool operator==(const FixedSlot&) const = default;
};

struct Node {
  NodeName name;
  std::string hostname;  // where it differs from the name
  std::string address;
  InstanceId instance;  // as published by the node itself, if it does
  int slots = 0;
  int slots_used = 0;
  std::int64_t memory_mib = 0;
  std::int64_t memory_mib_used = 0;
  Gpus gpus;
  Gpus gpus_used;
  std::vector<FixedSlot> fixed;  // empty: jobs may have any part of what is free
  std::vector<std::string> features;
  std::vector<std::string> queues;         // that may use it
  std::optional<TimePoint> registered_at;  // when its daemon last registered; an entry that never did has none
  bool responding = true;
  bool down = false;         // the batch system gave it up
  bool held = false;         // no new jobs; by whoever
  bool unfit = false;        // the batch system refuses the node itself; not where a person holds it, whose word wins
  bool completing = false;   // jobs of it are being cleaned up
  bool placeholder = false;  // of `tide placeholders`: never counted
  bool starting = false;     // registered and takes no jobs yet: its own check is still to pass (HTCondor's TideReady)
  bool hold_is_final = false;  // this hold has no note and cannot be cancelled (HTCondor's peaceful off)
  std::string note;            // the text of a hold or of being unfit
  std::string held_by;         // who said so, where the batch system tells (Slurm)
  std::optional<TimePoint> held_since;
  std::string state;  // the batch system's own words, for people

  bool operator==(const Node&) const = default;
};

// Did its daemon register after that launch? An entry of an earlier machine of that name did not. Clocks may differ.
bool registered_since(const Node& node, TimePoint launched_at);

// Who answers for the batch system; remembered, so that another's answer is told apart (exit 3).
struct ServerIdentity {
  std::string name;  // Slurm: ClusterName; TORQUE: server; HTCondor: collector; Grid Engine: cell
  std::string version;
  std::optional<TimePoint> up_since;
  bool fresh = false;  // came up so recently that its node list proves nothing yet

  bool operator==(const ServerIdentity&) const = default;
};

// One line of the table by which the head finds its nodes ([names] method other than "batch").
struct HostEntry {
  NodeName name;
  std::string address;

  auto operator<=>(const HostEntry&) const = default;
};

constexpr std::string_view k_note_prefix = "tide:";
constexpr std::string_view k_note_joining = "tide: joining";
constexpr std::string_view k_note_interrupted = "tide: interrupted";  // examples/agent/spot-notice writes it

// Is it held with a note that is not tide's? Whether the batch system itself wrote it, its adapter knows.
inline bool has_others_note(const Node& node) {
  return node.held && !node.note.empty() && !std::string_view(node.note).starts_with(k_note_prefix);
}
constexpr std::string_view k_note_placeholder = "tide: placeholder";

}  // namespace tide::core
