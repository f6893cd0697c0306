#include <tide/core/fit.hpp>

#include <fmt/format.h>
#include <algorithm>

#include <numeric>

namespace tide::core {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::ranges::find(list, item) != list.end();
}

int total(const Gpus& gpus) {
  return std::accumulate(gpus.begin(), gpus.end(), 0, [](int sum, const auto& entry) { return sum + entry.second; });
}

bool has_gpus(const Gpus& have, const Gpus& want) {
  int typed = 0;
  for (const auto& [type, count] : want) {
    if (type.empty()) continue;
    const auto found = have.find(type);
    if (found == have.end() || found->second < count) return false;
    typed += count;
  }
  const auto any = want.find("");
  return any == want.end() || total(have) - typed >= any->second;
}

void take_gpus(Gpus& have, const Gpus& want) {
  int any = 0;
  for (const auto& [type, count] : want) {
    if (type.empty()) {
      any = count;
    } else {
      have[type] -= count;
    }
  }
  for (auto& entry : have) {
    const int taken = std::min(any, entry.second);
    entry.second -= taken;
    any -= taken;
  }
}

std::int64_t memory_for(const Chunk& chunk, int tasks) {
  return chunk.memory_mib_per_node + chunk.memory_mib_per_slot * tasks * chunk.slots_per_task;
}

bool has_features(const std::vector<std::string>& have, const Chunk& chunk) {
  return std::ranges::all_of(chunk.features, [&](const auto& alternatives) {
    return std::ranges::any_of(alternatives, [&](const auto& one) { return contains(have, one); });
  });
}

bool serves_queue(const Room& room, const Shape& shape) {
  return room.queues.empty() || shape.queue.empty() || is_in(shape, room.queues);
}

bool suits(const Shape& shape, const Chunk& chunk, const Room& room) {
  if (!serves_queue(room, shape)) return false;
  if (!room.accounts.empty() && !contains(room.accounts, shape.account)) return false;
  if (room.spot && !shape.rerunnable) return false;
  return has_features(room.features, chunk) &&
         std::ranges::none_of(chunk.lacking, [&](const auto& one) { return contains(room.features, one); });
}

// How evenly a chunk is spread: this many tasks on each of its fewest nodes.
int tasks_each(const Chunk& chunk) { return (chunk.tasks + chunk.nodes - 1) / chunk.nodes; }

bool may_spread(const Chunk& chunk) { return chunk.nodes_max == 0 || chunk.nodes_max > chunk.nodes; }

int nodes_most(const Chunk& chunk) {
  return chunk.nodes_max == 0 ? std::max(chunk.tasks, chunk.nodes) : chunk.nodes_max;
}

bool holds_a_task(const FixedSlot& slot, const Chunk& chunk) {
  return slot.slots >= chunk.slots_per_task && slot.memory_mib >= memory_for(chunk, 1) &&
         slot.gpus >= total(chunk.gpus_per_node);
}

// The smallest ones that do.
void take_fixed(const Chunk& chunk, int tasks, std::vector<FixedSlot>& fixed) {
  for (FixedSlot& slot : fixed) {
    if (!holds_a_task(slot, chunk)) continue;
    const int taken = std::min(tasks, slot.free);
    slot.free -= taken;
    tasks -= taken;
  }
}

void take(const Shape& shape, const Chunk& chunk, int tasks, Room& room) {
  room.whole = false;
  take_fixed(chunk, tasks, room.fixed);
  if (shape.exclusive) {
    room.slots = 0;
    return;
  }
  room.slots -= tasks * chunk.slots_per_task;
  room.memory_mib -= memory_for(chunk, tasks);
  take_gpus(room.gpus, chunk.gpus_per_node);
}

// The rooms for one chunk, evenly on its fewest nodes if that goes, else spread over as many as it may have.
std::optional<std::vector<Use>> place_chunk(const Shape& shape, std::size_t index, std::vector<Room>& rooms) {
  const Chunk& chunk = shape.chunks[index];
  std::vector<Use> even;
  int rest = chunk.tasks;
  for (std::size_t i = 0; i < rooms.size() && std::ssize(even) < chunk.nodes; ++i) {
    const int others = chunk.nodes - static_cast<int>(even.size()) - 1;  // nodes still to come: a task for each
    const int share = std::clamp(rest - others, 1, tasks_each(chunk));
    if (tasks_that_fit(shape, chunk, rooms[i]) < share) continue;
    even.push_back({i, index, share});
    rest -= share;
  }
  if (std::ssize(even) == chunk.nodes) return even;
  if (!may_spread(chunk)) return std::nullopt;
  std::vector<Use> spread;
  int left = chunk.tasks;
  for (std::size_t i = 0; i < rooms.size() && left > 0; ++i) {
    const int kept =
        std::max(0, chunk.nodes - static_cast<int>(spread.size()) - 1);  // a task for each node still wanted
    const int tasks = std::min(left - kept, tasks_that_fit(shape, chunk, rooms[i]));
    if (tasks <= 0) continue;
    spread.push_back({i, index, tasks});
    left -= tasks;
  }
  const bool enough = left == 0 && std::ssize(spread) >= chunk.nodes && std::ssize(spread) <= nodes_most(chunk);
  if (!enough) return std::nullopt;
  return spread;
}

std::optional<std::vector<Use>> place_in_its_queue(const Shape& shape, std::vector<Room>& rooms) {
  std::vector<Room> filled = rooms;
  std::vector<Room> trial = rooms;
  std::vector<Use> uses;
  for (std::size_t index = 0; index < shape.chunks.size(); ++index) {
    const auto placed = place_chunk(shape, index, trial);
    if (!placed) return std::nullopt;
    for (const Use& use : *placed) {
      take(shape, shape.chunks[index], use.tasks, filled[use.room]);
      trial[use.room] = filled[use.room];
      if (shape.apart) trial[use.room].slots = 0;  // for the chunks to come
    }
    uses.insert(uses.end(), placed->begin(), placed->end());
  }
  rooms = std::move(filled);
  return uses;
}

}  // namespace

bool is_in(const Shape& shape, const std::vector<std::string>& queues) {
  return contains(queues, shape.queue) ||
         std::ranges::any_of(shape.other_queues, [&](const std::string& queue) { return contains(queues, queue); });
}

std::string queue_text(const Shape& shape) {
  std::string text = shape.queue;
  for (const std::string& queue : shape.other_queues) text += "," + queue;
  return text;
}

Room room_of(const Node& node) {
  Room room{.slots = std::max(0, node.slots - node.slots_used),
            .memory_mib = std::max<std::int64_t>(0, node.memory_mib - node.memory_mib_used),
            .gpus = node.gpus,
            .fixed = node.fixed,
            .features = node.features,
            .queues = node.queues,
            .whole = node.slots_used == 0};
  for (const auto& [type, count] : node.gpus_used) {
    const auto found = room.gpus.find(type);
    if (found != room.gpus.end()) found->second = std::max(0, found->second - count);
  }
  room.spot = contains(node.features, "spot");
  return room;
}

Room room_of(const Pool& pool) {
  Room room{.slots = pool.slots,
            .memory_mib = pool.memory_mib,
            .gpus = pool.gpus,
            .features = pool.features,
            .queues = pool.queues,
            .accounts = pool.accounts,
            .whole = true,
            .spot = pool.market == Market::spot};
  room.features.push_back(pool.name.value);
  if (room.spot) room.features.emplace_back("spot");
  return room;
}

std::string misfit(const Shape& shape, const Chunk& chunk, const Room& room) {
  if (!serves_queue(room, shape)) return fmt::format("it does not serve queue '{}'", queue_text(shape));
  if (!room.accounts.empty() && !contains(room.accounts, shape.account)) {
    return shape.account.empty() ? std::string("it is for jobs of certain accounts and these have none")
                                 : fmt::format("it does not serve account '{}'", shape.account);
  }
  if (room.spot && !shape.rerunnable) return "it is spot and the jobs may not be rerun";
  for (const auto& alternatives : chunk.features) {
    if (std::ranges::none_of(alternatives, [&](const auto& one) { return contains(room.features, one); })) {
      return fmt::format("it lacks the feature '{}'", fmt::join(alternatives, "|"));
    }
  }
  for (const std::string& one : chunk.lacking) {
    if (contains(room.features, one)) return fmt::format("it has the feature '{}', which they refuse", one);
  }
  if (!has_gpus(room.gpus, chunk.gpus_per_node)) return "it has too few GPUs, or of another type";
  const int least = may_spread(chunk) ? 1 : tasks_each(chunk);
  if (least * chunk.slots_per_task > room.slots) {
    return fmt::format("{} slots are wanted on one node and it has {}", least * chunk.slots_per_task, room.slots);
  }
  const std::int64_t memory = memory_for(chunk, least);
  if (memory > 0 && room.memory_mib == 0) return "it has no memory set, and the jobs ask for some";
  if (memory > room.memory_mib)
    return fmt::format("{} MiB are wanted on one node and it has {}", memory, room.memory_mib);
  if (!room.fixed.empty() &&
      std::ranges::none_of(room.fixed, [&](const FixedSlot& slot) { return holds_a_task(slot, chunk); })) {
    return fmt::format("a job gets one of its slots, and the largest has {} CPUs and {} MiB", room.fixed.back().slots,
                       room.fixed.back().memory_mib);
  }
  if (machines_needed(shape, room) == 0) return "its machines are too small, however many";
  return "";
}

int tasks_that_fit(const Shape& shape, const Chunk& chunk, const Room& room) {
  if (!suits(shape, chunk, room) || (shape.exclusive && !room.whole)) return 0;
  if (!has_gpus(room.gpus, chunk.gpus_per_node)) return 0;
  int tasks = room.slots / std::max(1, chunk.slots_per_task);
  if (chunk.tasks_per_node > 0) tasks = std::min(tasks, chunk.tasks_per_node);
  if (!room.fixed.empty()) {
    const int free = std::accumulate(room.fixed.begin(), room.fixed.end(), 0, [&](int sum, const FixedSlot& slot) {
      return sum + (holds_a_task(slot, chunk) ? slot.free : 0);
    });
    tasks = std::min(tasks, free);
  }
  if (chunk.memory_mib_per_node > room.memory_mib) return 0;
  if (chunk.memory_mib_per_slot > 0) {
    const std::int64_t each = chunk.memory_mib_per_slot * std::max(1, chunk.slots_per_task);
    tasks = static_cast<int>(std::min<std::int64_t>(tasks, (room.memory_mib - chunk.memory_mib_per_node) / each));
  }
  return std::min(tasks, chunk.tasks);
}

std::optional<std::vector<Use>> place(const Shape& shape, std::vector<Room>& rooms) {
  if (shape.other_queues.empty()) return place_in_its_queue(shape, rooms);
  Shape one = shape;
  one.other_queues.clear();
  if (auto uses = place_in_its_queue(one, rooms)) return uses;
  for (const std::string& queue : shape.other_queues) {
    one.queue = queue;
    if (auto uses = place_in_its_queue(one, rooms)) return uses;
  }
  return std::nullopt;
}

std::int64_t place_many(const Shape& shape, std::int64_t count, std::vector<Room>& rooms, std::vector<bool>& used) {
  std::int64_t placed = 0;
  if (is_single_node(shape)) {
    const Chunk& chunk = shape.chunks.front();
    for (std::size_t i = 0; i < rooms.size() && placed < count; ++i) {
      while (placed < count && tasks_that_fit(shape, chunk, rooms[i]) >= chunk.tasks) {
        take(shape, chunk, chunk.tasks, rooms[i]);
        used[i] = true;
        ++placed;
      }
    }
    if (!may_spread(chunk)) return placed;
  }
  while (placed < count) {
    const auto uses = place(shape, rooms);
    if (!uses) break;
    for (const Use& use : *uses) used[use.room] = true;
    ++placed;
  }
  return placed;
}

int machines_needed(const Shape& shape, const Room& machine) {
  int machines = 0;
  for (const Chunk& chunk : shape.chunks) {
    const int most = tasks_that_fit(shape, chunk, machine);
    if (most == 0) return 0;
    if (most >= tasks_each(chunk)) {
      machines += chunk.nodes;
      continue;
    }
    if (!may_spread(chunk)) return 0;
    const int nodes = std::max(chunk.nodes, (chunk.tasks + most - 1) / most);
    if (nodes > nodes_most(chunk)) return 0;
    machines += nodes;
  }
  return machines;
}

bool is_single_node(const Shape& shape) { return shape.chunks.size() == 1 && shape.chunks.front().nodes == 1; }

}  // namespace tide::core
