#include <tide/core/fit.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::core;
TEST_SUITE_BEGIN("core/fit");

namespace {

Shape job(int tasks, int nodes = 1, int nodes_max = 1) {
  Chunk chunk;
  chunk.nodes = nodes;
  chunk.nodes_max = nodes_max;
  chunk.tasks = tasks;
  Shape shape;
  shape.chunks = {chunk};
  return shape;
}

Room room(int slots, std::int64_t memory = 8'000) { return {.slots = slots, .memory_mib = memory}; }

int placed(const Shape& shape, std::int64_t count, std::vector<Room> rooms) {
  std::vector<bool> used(rooms.size(), false);
  return static_cast<int>(place_many(shape, count, rooms, used));
}

}  // namespace

TEST_CASE("fit: one-slot jobs fill a node, then the next") {
  std::vector<Room> rooms{room(2), room(2), room(2)};
  std::vector<bool> used(3, false);
  CHECK(place_many(job(1), 3, rooms, used) == 3);
  CHECK(used == std::vector<bool>{true, true, false});
  CHECK(rooms[1].slots == 1);
}

TEST_CASE("fit: a job that is placed in part is not placed at all") {
  std::vector<Room> rooms{room(4), room(3)};
  CHECK_FALSE(place(job(8, 2, 2), rooms));
  CHECK(rooms == std::vector<Room>{room(4), room(3)});
}

TEST_CASE("fit: two nodes of four tasks each") {
  std::vector<Room> rooms{room(2), room(4), room(4)};
  const auto uses = place(job(8, 2, 2), rooms);
  REQUIRE(uses);
  CHECK(uses->size() == 2);
  CHECK((*uses)[0].room == 1);
  CHECK((*uses)[1].room == 2);
  CHECK(rooms[1].slots == 0);
}

TEST_CASE("fit: an odd number of tasks needs the greater share on one node only") {
  CHECK(placed(job(5, 2, 2), 1, {room(3), room(2)}) == 1);
  CHECK(placed(job(5, 2, 2), 1, {room(2), room(2)}) == 0);
}

TEST_CASE("fit: tasks spread over as many nodes as they need, where the job lets them") {
  CHECK(placed(job(8, 1, 0), 1, {room(3), room(3), room(2)}) == 1);
  CHECK(placed(job(8, 1, 2), 1, {room(3), room(3), room(2)}) == 0);
  CHECK(placed(job(4, 2, 3), 1, {room(8), room(1)}) == 1);  // a task is left for the second node
  CHECK(placed(job(4, 2, 0), 1, {room(8)}) == 0);
}

TEST_CASE("fit: a task never spans nodes") {
  Shape shape = job(1, 1, 0);
  shape.chunks[0].slots_per_task = 4;
  CHECK(placed(shape, 1, {room(2), room(2)}) == 0);
  CHECK(placed(shape, 2, {room(4), room(3), room(4)}) == 2);
}

TEST_CASE("fit: tasks per node are bounded") {
  Shape shape = job(4, 1, 0);
  shape.chunks[0].tasks_per_node = 1;
  CHECK(placed(shape, 1, {room(8), room(8), room(8)}) == 0);
  CHECK(placed(shape, 1, {room(8), room(8), room(8), room(8)}) == 1);
  CHECK(machines_needed(shape, room(8)) == 4);
}

TEST_CASE("fit: an exclusive job wants a whole node and takes all of it") {
  Shape shape = job(1);
  shape.exclusive = true;
  Room partly = room(3);
  partly.whole = false;
  CHECK(placed(shape, 1, {partly}) == 0);
  CHECK(placed(shape, 3, {room(4), room(4)}) == 2);
}

TEST_CASE("fit: memory for each slot and for each node") {
  Shape by_slot = job(1);
  by_slot.chunks[0].memory_mib_per_slot = 3'000;
  CHECK(placed(by_slot, 9, {room(4, 8'000)}) == 2);
  Shape by_node = job(4);
  by_node.chunks[0].memory_mib_per_node = 8'001;
  CHECK(placed(by_node, 1, {room(4, 8'000)}) == 0);
  by_node.chunks[0].memory_mib_per_node = 8'000;
  CHECK(placed(by_node, 1, {room(4, 8'000)}) == 1);
}

TEST_CASE("fit: where a pool has no memory set, jobs that ask for some do not fit, and are told") {
  Shape shape = job(1);
  CHECK(placed(shape, 1, {room(4, 0)}) == 1);
  shape.chunks[0].memory_mib_per_node = 1;
  CHECK(placed(shape, 1, {room(4, 0)}) == 0);
  CHECK(misfit(shape, shape.chunks[0], room(4, 0)) == "it has no memory set, and the jobs ask for some");
}

TEST_CASE("fit: GPUs by type and of any type") {
  Room gpus = room(4);
  gpus.gpus = {{"a100", 2}, {"t4", 1}};
  Shape typed = job(1);
  typed.chunks[0].gpus_per_node = {{"a100", 1}};
  CHECK(placed(typed, 9, {gpus}) == 2);
  Shape any = job(1);
  any.chunks[0].gpus_per_node = {{"", 1}};
  CHECK(placed(any, 9, {gpus}) == 3);
  Shape both = job(1);
  both.chunks[0].gpus_per_node = {{"", 1}, {"a100", 2}};
  CHECK(placed(both, 9, {gpus}) == 1);
  Shape other = job(1);
  other.chunks[0].gpus_per_node = {{"h100", 1}};
  CHECK(misfit(other, other.chunks[0], gpus) == "it has too few GPUs, or of another type");
}

TEST_CASE("fit: features are all of these, each one of its alternatives") {
  Room with = room(4);
  with.features = {"avx", "fast"};
  Shape shape = job(1);
  shape.chunks[0].features = {{"avx"}, {"slow", "fast"}};
  CHECK(placed(shape, 1, {with}) == 1);
  shape.chunks[0].features = {{"avx"}, {"slow", "big"}};
  CHECK(placed(shape, 1, {with}) == 0);
  CHECK(misfit(shape, shape.chunks[0], with) == "it lacks the feature 'slow|big'");
}

TEST_CASE("fit: chunks apart never share a node, and leave the rest of it to others") {
  Shape shape;
  shape.chunks = {Chunk{.nodes = 1, .nodes_max = 1, .tasks = 1, .slots_per_task = 2},
                  Chunk{.nodes = 1, .nodes_max = 1, .tasks = 1, .slots_per_task = 1}};
  std::vector<Room> one{Room{.slots = 4}};
  std::vector<Room> two{Room{.slots = 4}, Room{.slots = 4}};
  CHECK(place(shape, one).has_value());
  CHECK(one.front().slots == 1);
  shape.apart = true;
  one = {Room{.slots = 4}};
  CHECK(!place(shape, one).has_value());
  CHECK(one.front().slots == 4);
  CHECK(place(shape, two).has_value());
  CHECK(two[0].slots == 2);
  CHECK(two[1].slots == 3);
}

TEST_CASE("fit: a pool for certain accounts serves no others, a node that is there does") {
  Pool pool{.name = {"phys"}, .slots = 4};
  pool.accounts = {"phys"};
  Shape shape;
  shape.chunks = {Chunk{}};
  shape.account = "phys";
  CHECK(misfit(shape, shape.chunks.front(), room_of(pool)).empty());
  CHECK(machines_needed(shape, room_of(pool)) == 1);
  shape.account = "chem";
  CHECK(misfit(shape, shape.chunks.front(), room_of(pool)) == "it does not serve account 'chem'");
  CHECK(machines_needed(shape, room_of(pool)) == 0);
  shape.account = "";
  CHECK(misfit(shape, shape.chunks.front(), room_of(pool)).find("have none") != std::string::npos);
  Node node;
  node.slots = 4;
  node.features = {"phys"};
  CHECK(tasks_that_fit(shape, shape.chunks.front(), room_of(node)) == 1);
}

TEST_CASE("fit: a room with queues serves no other queue") {
  Room gpu = room(4);
  gpu.queues = {"gpu"};
  Shape shape = job(1);
  shape.queue = "gpu";
  CHECK(placed(shape, 1, {gpu}) == 1);
  shape.queue = "cpu";
  CHECK(placed(shape, 1, {gpu}) == 0);
  CHECK(misfit(shape, shape.chunks[0], gpu) == "it does not serve queue 'cpu'");
  CHECK(placed(shape, 1, {room(1)}) == 1);
}

TEST_CASE("fit: a job of several queues runs whole in one of them") {
  Room cpu = room(4);
  cpu.queues = {"cpu"};
  Room gpu = room(4);
  gpu.queues = {"gpu"};
  Shape shape = job(4);
  shape.queue = "cpu";
  shape.other_queues = {"gpu"};
  CHECK(queue_text(shape) == "cpu,gpu");
  CHECK(placed(shape, 9, {cpu, gpu}) == 2);
  CHECK(misfit(shape, shape.chunks[0], gpu).empty());
  Room big = room(4);
  big.queues = {"big"};
  CHECK(misfit(shape, shape.chunks[0], big) == "it does not serve queue 'cpu,gpu'");
  shape.chunks.front().nodes = 2;
  shape.chunks.front().tasks = 2;
  CHECK(placed(shape, 1, {cpu, gpu}) == 0);
  CHECK(placed(shape, 1, {cpu, gpu, gpu}) == 1);
  CHECK(machines_needed(shape, gpu) == 2);
}

TEST_CASE("fit: jobs that may not be rerun make no demand on spot") {
  Pool pool{.name = {"cheap"}, .slots = 2, .market = Market::spot};
  const Room machine = room_of(pool);
  CHECK(machine.features == std::vector<std::string>{"cheap", "spot"});
  Shape shape = job(1);
  CHECK(placed(shape, 1, {machine}) == 1);
  shape.rerunnable = false;
  CHECK(placed(shape, 1, {machine}) == 0);
  Node node{.slots = 2, .features = {"spot"}};
  CHECK(placed(shape, 1, {room_of(node)}) == 0);
}

TEST_CASE("fit: what is used of a node is not free, and never below zero") {
  Node node{.slots = 4,
            .slots_used = 3,
            .memory_mib = 1'000,
            .memory_mib_used = 1'200,
            .gpus = {{"t4", 1}},
            .gpus_used = {{"t4", 1}}};
  const Room free = room_of(node);
  CHECK(free.slots == 1);
  CHECK(free.memory_mib == 0);
  CHECK(free.gpus == Gpus{{"t4", 0}});
  CHECK_FALSE(free.whole);
}

TEST_CASE("fit: a job of two chunks takes different machines of one pool") {
  Shape shape = job(4);
  shape.chunks.push_back(job(2, 2, 2).chunks[0]);
  CHECK(machines_needed(shape, room(4)) == 3);
  CHECK(placed(shape, 1, {room(4), room(1), room(1)}) == 1);
  CHECK(placed(shape, 1, {room(3), room(1), room(1)}) == 0);
}

TEST_CASE("fit: machines that can never serve a job are none, however many") {
  CHECK(machines_needed(job(8), room(4)) == 0);
  CHECK(machines_needed(job(8, 1, 0), room(4)) == 2);
  CHECK(machines_needed(job(8, 1, 3), room(2)) == 0);
  CHECK(machines_needed(job(8, 4, 4), room(4)) == 4);
  const Shape shape = job(8);
  CHECK(misfit(shape, shape.chunks[0], room(4)) == "8 slots are wanted on one node and it has 4");
  const Shape narrow = job(8, 1, 3);
  CHECK(misfit(narrow, narrow.chunks[0], room(2)) == "its machines are too small, however many");
}

TEST_CASE("fit: more nodes than an even share needs still get a task each") {
  CHECK(placed(job(4, 3, 3), 1, {room(2), room(1), room(1)}) == 1);
  CHECK(placed(job(4, 3, 3), 1, {room(1), room(1), room(1)}) == 0);
}

TEST_CASE("fit: of slots of a fixed size a task gets one, and no part of another") {
  Room fixed = room(6, 6'000);
  fixed.fixed = {{.slots = 1, .memory_mib = 1'000, .count = 2, .free = 2},
                 {.slots = 2, .memory_mib = 2'000, .count = 2, .free = 2}};
  CHECK(placed(job(1), 9, {fixed}) == 4);
  Shape wide = job(1);
  wide.chunks.front().slots_per_task = 2;
  CHECK(placed(wide, 9, {fixed}) == 2);
  wide.chunks.front().slots_per_task = 3;
  CHECK(placed(wide, 9, {fixed}) == 0);
  Shape memory = job(1);
  memory.chunks.front().memory_mib_per_node = 1'500;
  CHECK(placed(memory, 9, {fixed}) == 2);
  Shape gpu = job(1);
  gpu.chunks.front().gpus_per_node[""] = 1;
  fixed.gpus[""] = 2;
  CHECK(placed(gpu, 9, {fixed}) == 0);
  fixed.fixed.front().gpus = 1;
  CHECK(placed(gpu, 9, {fixed}) == 2);
  // The smallest that serve go first.
  std::vector<Room> rooms{fixed};
  std::vector<bool> used(1, false);
  CHECK(place_many(job(1), 2, rooms, used) == 2);
  CHECK(rooms.front().fixed.front().free == 0);
  CHECK(rooms.front().fixed.back().free == 2);
}
