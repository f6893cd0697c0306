#pragma once

#include <tide/core/node.hpp>
#include <tide/core/settings.hpp>

#include <optional>
#include <vector>

namespace tide::core {

// Room for jobs on one node, there or to be: what is free now.
struct Room {
  int slots = 0;
  std::int64_t memory_mib = 0;  // 0: not known; nothing that asks for memory fits
  Gpus gpus;
  std::vector<FixedSlot> fixed;  // a task gets one of these and no more; empty: any part of the above
  std::vector<std::string> features;
  std::vector<std::string> queues;    // that may use it; empty: all
  std::vector<std::string> accounts;  // of a machine to be: for whose jobs it is launched; empty: all
  bool whole = true;                  // nothing runs on it
  bool spot = false;

  bool operator==(const Room&) const = default;
};

// What is free on a node; and what one machine of a pool will offer.
Room room_of(const Node& node);
Room room_of(const Pool& pool);

// May one of these queues start jobs of this shape? Not asked of jobs without a queue.
bool is_in(const Shape& shape, const std::vector<std::string>& queues);

// "cloud", or as Slurm writes several: "local,cloud".
std::string queue_text(const Shape& shape);

// Why no job of this shape can ever use such a room, however empty; "" if one can.
std::string misfit(const Shape& shape, const Chunk& chunk, const Room& empty_room);

// Most tasks of the chunk that this room takes; 0 for none.
int tasks_that_fit(const Shape& shape, const Chunk& chunk, const Room& room);

struct Use {
  std::size_t room = 0;  // index into the rooms given
  std::size_t chunk = 0;
  int tasks = 0;
};

// Places one whole job, all of it in one of its queues, preferring rooms in the order given, or nothing of it. On
// success the rooms are filled.
std::optional<std::vector<Use>> place(const Shape& shape, std::vector<Room>& rooms);

// As many jobs of this shape as fit, `count` at most; `used` gets each room's index once it served one.
std::int64_t place_many(const Shape& shape, std::int64_t count, std::vector<Room>& rooms, std::vector<bool>& used);

// Empty machines of one kind that one job needs, if it gets nothing else; 0 if such machines can never serve it.
int machines_needed(const Shape& shape, const Room& machine);

// Is it one chunk on one node?
bool is_single_node(const Shape& shape);

}  // namespace tide::core
