#include "support_slurm.hpp"

#include <doctest/doctest.h>

using namespace tide;
using batch::slurm::Column;
using core::Waiting;
using test::group_with;
using test::read_queue;
using test::slurm_fixture;
using test::squeue_line;
using test::squeue_text;

TEST_SUITE_BEGIN("batch/slurm/queue");

namespace {

batch::slurm::Partitions waiting_partitions() {
  return batch::slurm::parse_show_partitions(slurm_fixture("waiting-partitions.txt")).value();
}

batch::slurm::NodeLimits waiting_limits() {
  batch::slurm::NodeLimits limits;
  REQUIRE(limits.feed(slurm_fixture("waiting-jobs.txt")));
  REQUIRE(limits.finish());
  return limits;
}

const core::Chunk& chunk_with(const core::JobQueue& queue, const std::string& id) {
  return group_with(queue, id).shape.chunks.front();
}

}  // namespace

TEST_CASE("queue: only a header is a proven empty queue") {
  const auto queue = read_queue(slurm_fixture("zero-squeue.txt"));
  REQUIRE(queue);
  CHECK(queue->waiting.empty());
  CHECK(queue->running.empty());
  CHECK(queue->proof == "squeue: its header, 0 whole lines, exit code 0");
}

TEST_CASE("queue: what waiting jobs ask for") {
  const auto partitions = waiting_partitions();
  const auto limits = waiting_limits();
  const auto queue =
      read_queue(slurm_fixture("waiting-squeue.txt"), {.all_ids = true, .limits = &limits, .partitions = &partitions});
  REQUIRE(queue);
  CHECK(chunk_with(*queue, "2").memory_mib_per_node == 500);
  CHECK(chunk_with(*queue, "2").tasks == 2);
  CHECK(chunk_with(*queue, "3").memory_mib_per_slot == 200);
  CHECK(chunk_with(*queue, "4").tasks == 64);
  CHECK(chunk_with(*queue, "4").nodes == 1);
  CHECK(chunk_with(*queue, "4").nodes_max == 0);
  CHECK(chunk_with(*queue, "5").nodes == 2);
  CHECK(chunk_with(*queue, "6").nodes_max == 1);
  CHECK(chunk_with(*queue, "7").nodes == 2);
  CHECK(chunk_with(*queue, "7").nodes_max == 4);
  CHECK(chunk_with(*queue, "8").tasks_per_node == 4);
  CHECK(chunk_with(*queue, "9").slots_per_task == 4);
  CHECK(chunk_with(*queue, "9").memory_mib_per_node == 2'048);
  CHECK(group_with(*queue, "10").shape.exclusive);
  CHECK(chunk_with(*queue, "16").gpus_per_node == core::Gpus{{"a100", 2}});
  CHECK(group_with(*queue, "16").shape.queue == "gpu");
  CHECK(chunk_with(*queue, "17").gpus_per_node == core::Gpus{{"", 4}});
  CHECK(chunk_with(*queue, "18").memory_mib_per_node == 10'240);
  CHECK(group_with(*queue, "19").shape.walltime == Seconds{86'400});
  CHECK_FALSE(group_with(*queue, "20").shape.rerunnable);
  CHECK(group_with(*queue, "21").shape.unjudged == "tmp=10G");
  const auto& het = group_with(*queue, "22").shape;
  REQUIRE(het.chunks.size() == 2);
  CHECK(het.chunks[1].tasks == 2);
  CHECK(het.chunks[1].slots_per_task == 2);
  CHECK(het.chunks[1].memory_mib_per_node == 900);
}

// As 23.11 ("cpu:8") and 24.05 ("cpu=8") print it; not recorded here.
TEST_CASE("queue: CPUs per task are no GRES, wherever they stand") {
  const auto shape = [](const std::string& per_task, const std::string& cpus) {
    return read_queue(squeue_text({squeue_line({{Column::tres_per_task, per_task},
                                                {Column::cpus_per_task, cpus},
                                                {Column::tasks, "2"},
                                                {Column::max_nodes, "1"},
                                                {Column::tres, "cpu=16,mem=100M,node=1,billing=16"}})}))
        ->waiting.at(0)
        .shape;
  };
  for (const char* per_task : {"cpu=8", "cpu:8"}) {
    for (const char* cpus : {"8", "N/A", "1"}) {
      CHECK(shape(per_task, cpus).chunks[0].slots_per_task == 8);
      CHECK(shape(per_task, cpus).chunks[0].gpus_per_node.empty());
      CHECK(shape(per_task, cpus).unjudged.empty());
    }
  }
  const auto both = shape("cpu=7,gres/gpu=1", "7");
  CHECK(both.chunks[0].slots_per_task == 7);
  CHECK(both.chunks[0].gpus_per_node == core::Gpus{{"", 2}});
  CHECK(both.unjudged.empty());
  CHECK(shape("gres/gpu:a100:1,cpu:7", "N/A").chunks[0].gpus_per_node == core::Gpus{{"a100", 2}});
  CHECK(shape("cpu=7,license/matlab=1", "7").unjudged == "license/matlab=1");
  for (const char* bad : {"cpu=", "cpu=0", "cpu:x", "cpu=99999999999"})
    CHECK(shape(bad, "1").unjudged.find("TRES per task") != std::string::npos);
}

TEST_CASE("queue: a job that asks for no memory, in partitions that share it out and in others") {
  batch::slurm::Partitions partitions;
  partitions["cloud"].all_memory = true;
  partitions["core"];
  const auto shape = [&](const std::string& names, const std::string& memory, const std::string& per_gpu = "N/A") {
    return read_queue(squeue_text({squeue_line({{Column::partition, names},
                                                {Column::min_memory, memory},
                                                {Column::memory_per_tres, per_gpu},
                                                {Column::tres_per_node, per_gpu == "N/A" ? "N/A" : "gres:gpu:2"},
                                                {Column::tres, "cpu=1,node=1,billing=1"}})}),
                      {.all_ids = false, .limits = nullptr, .partitions = &partitions})
        ->waiting.at(0)
        .shape;
  };
  CHECK(shape("cloud", "0").exclusive);
  CHECK_FALSE(shape("cloud", "100M").exclusive);
  CHECK_FALSE(shape("core", "0").exclusive);
  CHECK(shape("cloud,core", "0").other_queues.empty());
  CHECK(shape("cloud,core", "100M").other_queues == std::vector<std::string>{"core"});
  for (const char* per_gpu : {"gres:gpu:1024", "gres/gpu:1024", "gpu:1024"}) {
    CAPTURE(per_gpu);
    CHECK_FALSE(shape("cloud", "0", per_gpu).exclusive);
    CHECK(shape("cloud", "0", per_gpu).chunks[0].memory_mib_per_node == 2'048);
    CHECK(shape("cloud", "0", per_gpu).unjudged.empty());
  }
}

TEST_CASE("queue: who makes demand, and why others do not") {
  const auto partitions = waiting_partitions();
  const auto queue =
      read_queue(slurm_fixture("waiting-squeue.txt"), {.all_ids = true, .limits = nullptr, .partitions = &partitions});
  REQUIRE(queue);
  CHECK(group_with(*queue, "1").waiting == Waiting::eligible);
  CHECK(group_with(*queue, "1").reason == "PartitionConfig");
  CHECK(group_with(*queue, "11_0").count == 3);
  CHECK(group_with(*queue, "11_2").waiting == Waiting::eligible);
  CHECK(group_with(*queue, "11_3").waiting == Waiting::limited);
  CHECK(group_with(*queue, "11_99").count == 97);
  CHECK(group_with(*queue, "12_9").count == 4);
  CHECK(group_with(*queue, "13").waiting == Waiting::held);
  CHECK(group_with(*queue, "14").waiting == Waiting::dependent);
  CHECK(group_with(*queue, "15").waiting == Waiting::deferred);
  CHECK(group_with(*queue, "24").waiting == Waiting::failed);
  CHECK(group_with(*queue, "24").reason == "PartitionNodeLimit: MaxNodes=1");
  CHECK(group_with(*queue, "27").shape.unjudged.find("gpu:99999999") != std::string::npos);
  CHECK(group_with(*queue, "28").shape.unjudged.find("node=2000000") != std::string::npos);
}

TEST_CASE("queue: jobs on nodes, in whatever state they still hold them") {
  const auto mixed = read_queue(slurm_fixture("mixed-squeue.txt"));
  REQUIRE(mixed);
  using Ids = std::vector<core::JobId>;
  CHECK(mixed->running.at({"w1"}) == Ids{{"29"}, {"31_0"}, {"31_1"}});
  CHECK(mixed->running.at({"w2"}) == Ids{{"29"}, {"30"}});
  CHECK(group_with(*mixed, "31_2").waiting == Waiting::limited);
  CHECK(group_with(*mixed, "31_2").count == 8);
  CHECK(group_with(*mixed, "32").shape.chunks[0].features == std::vector<std::vector<std::string>>{{"big", "gpu"}});
  CHECK(group_with(*mixed, "33").waiting == Waiting::node_bound);
  CHECK(group_with(*mixed, "34").reason == "ReqNodeNotAvail");
  const auto ending = read_queue(slurm_fixture("ending-squeue.txt"));
  REQUIRE(ending);
  CHECK(ending->running.at({"w2"}) == Ids{{"29"}, {"30"}});
  CHECK(ending->running.size() == 1);
  CHECK(group_with(*ending, "31_0").waiting == Waiting::deferred);
}

TEST_CASE("queue: the size of the pieces changes nothing") {
  const std::string text = slurm_fixture("mixed-squeue.txt");
  const auto whole = read_queue(text, {}, text.size());
  REQUIRE(whole);
  for (const std::size_t piece : {1U, 2U, 7U, 1'000U}) CHECK(*read_queue(text, {}, piece) == *whole);
}

TEST_CASE("queue: cut anywhere but at a line's end it is an error") {
  const std::string text = slurm_fixture("mixed-squeue.txt");
  const std::size_t header = text.find('\n') + 1;
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    const auto queue = read_queue(std::string_view(text).substr(0, length));
    if (length >= header && text[length - 1] == '\n') continue;  // the exit code tells
    REQUIRE_FALSE(queue);
    CHECK((queue.error().kind == ErrorKind::unproven || queue.error().kind == ErrorKind::protocol));
  }
}

TEST_CASE("queue: another document is an error of kind protocol, nothing is unproven") {
  CHECK(read_queue("").error().kind == ErrorKind::unproven);
  CHECK(read_queue("<html>\n<body>502</body>\n</html>\n").error().kind == ErrorKind::protocol);
  CHECK(read_queue("JOBID PARTITION NAME\n").error().kind == ErrorKind::protocol);
  CHECK(read_queue("{\"jobs\": []}\n").error().kind == ErrorKind::protocol);
  CHECK(read_queue(squeue_text({"slurm_load_jobs error: Unable to contact"})).error().kind == ErrorKind::protocol);
  CHECK(read_queue(squeue_text({squeue_line() + "x\t"})).error().kind == ErrorKind::protocol);
  CHECK(read_queue(squeue_text({squeue_line({{Column::id, "a7"}})})).error().kind == ErrorKind::protocol);
  CHECK(read_queue(squeue_text({squeue_line({{Column::submit_time, "soon"}})})).error().kind == ErrorKind::protocol);
  CHECK(read_queue(squeue_text({squeue_line({{Column::tres, "N/A"}})})).error().kind == ErrorKind::protocol);
  CHECK(read_queue(squeue_text({squeue_line({{Column::state, "RUNNING"}, {Column::nodes, "w[1-"}})})).error().kind ==
        ErrorKind::protocol);
}

TEST_CASE("queue: one line longer than all limits ends the reading, not the memory") {
  batch::slurm::QueueBuilder builder({.now = test::k_recorded});
  REQUIRE(builder.feed(squeue_text({})));
  const std::string piece(1U << 20U, 'x');
  Result<void> fed;
  int pieces = 0;
  for (; fed && pieces < 100; ++pieces) fed = builder.feed(piece);
  REQUIRE_FALSE(fed);
  CHECK(pieces < 20);
}

TEST_CASE("queue: new jobs whose reason is that of their size, but which may not start") {
  const auto waiting = [](const test::Changes& changes) {
    return read_queue(squeue_text({squeue_line(changes)}))->waiting.at(0).waiting;
  };
  CHECK(waiting({}) == Waiting::eligible);
  CHECK(waiting({{Column::eligible_time, "1795629300"}}) == Waiting::deferred);
  CHECK(waiting({{Column::eligible_time, "N/A"}, {Column::dependency, "afterok:1(unfulfilled)"}}) ==
        Waiting::dependent);
  CHECK(waiting({{Column::eligible_time, "N/A"}}) == Waiting::eligible);
  CHECK(waiting({{Column::state, "REQUEUE_HOLD"}}) == Waiting::held);
  CHECK(waiting({{Column::state, "REQUEUED"}}) == Waiting::deferred);
  CHECK(waiting({{Column::state, "NEW_STATE"}}) == Waiting::unknown);
  CHECK(waiting({{Column::reason, "SomethingNew"}}) == Waiting::unknown);
  CHECK(waiting({{Column::reservation, "maintenance"}}) == Waiting::node_bound);
}

TEST_CASE("queue: a job of an unknown state holds the nodes that it names") {
  const auto queue = read_queue(squeue_text({squeue_line({{Column::state, "NEW_STATE"}, {Column::nodes, "w[1-2]"}})}));
  REQUIRE(queue);
  CHECK(queue->running.size() == 2);
  CHECK(queue->waiting.empty());
}

TEST_CASE("queue: an array's limit counts tasks that run and tasks that were requeued") {
  const auto task = [](const std::string& index, const std::string& state, const std::string& nodes) {
    return squeue_line({{Column::id, "9_" + index},
                        {Column::array_id, "9"},
                        {Column::raw_id, "1" + index},
                        {Column::task_ids, index},
                        {Column::state, state},
                        {Column::nodes, nodes}});
  };
  const std::string rest = squeue_line(
      {{Column::id, "9_[5-9%3]"}, {Column::array_id, "9"}, {Column::raw_id, "9"}, {Column::task_ids, "5-9%3"}});
  const auto queue = read_queue(
      squeue_text({task("0", "PENDING", ""), rest, task("1", "RUNNING", "w1"), task("2", "COMPLETING", "w1")}));
  REQUIRE(queue);
  CHECK(group_with(*queue, "9_0").count == 2);  // 3, less the one that runs; the one that completes has left
  CHECK(group_with(*queue, "9_5").waiting == Waiting::eligible);
  CHECK(group_with(*queue, "9_6").waiting == Waiting::limited);
  CHECK(group_with(*queue, "9_6").count == 4);
}

TEST_CASE("queue: a sparse array of four million tasks is counted, not expanded") {
  const auto queue = read_queue(squeue_text(
      {squeue_line({{Column::id, "9_[0-4000000:2]"}, {Column::array_id, "9"}, {Column::task_ids, "0-4000000:2"}})}));
  REQUIRE(queue);
  CHECK(queue->waiting.at(0).count == 2'000'001);
  CHECK(queue->waiting.at(0).ids.size() == core::k_job_ids_per_shape);
  CHECK(queue->waiting.at(0).ids.at(1).value == "9_2");
}

TEST_CASE("queue: a job of several partitions counts for those that can serve it") {
  const auto partitions = waiting_partitions();
  const auto judged = [&](const std::string& names, const std::string& tres) {
    return read_queue(
               squeue_text({squeue_line({{Column::partition, names}, {Column::tres, tres}, {Column::tasks, "2"}})}),
               {.all_ids = false, .limits = nullptr, .partitions = &partitions})
        ->waiting.at(0);
  };
  CHECK(judged("one,gpu", "cpu=2,mem=200M,node=2").shape.queue == "gpu");
  CHECK(judged("one,gpu", "cpu=2,mem=200M,node=2").shape.other_queues.empty());
  CHECK(judged("one,gpu", "cpu=1,mem=100M,node=1").shape.queue == "one");
  CHECK(judged("one,gpu,closed", "cpu=1,mem=100M,node=1").shape.other_queues == std::vector<std::string>{"gpu"});
  CHECK(judged("one", "cpu=2,mem=200M,node=2").waiting == Waiting::failed);
  CHECK(judged("closed", "cpu=2,mem=200M,node=2").waiting == Waiting::queue_closed);
  CHECK(judged("brand-new", "cpu=2,mem=200M,node=2").waiting == Waiting::eligible);
}
