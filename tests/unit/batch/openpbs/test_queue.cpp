#include "support_openpbs.hpp"

#include <tide/batch/openpbs/comments.hpp>

#include <doctest/doctest.h>

using namespace tide;
using batch::openpbs::Form;
using batch::openpbs::Queues;
using core::Waiting;
using test::json_job;
using test::json_queue;
using test::only_group;
using test::read_queue;

TEST_SUITE_BEGIN("batch/openpbs/queue");

namespace {

Waiting waiting_of(const test::Attributes& changes, const Queues* queues = nullptr) {
  return only_group(read_queue(json_queue({json_job("1.a", changes)}), {.queues = queues})).waiting;
}

std::vector<std::string> array_of(int tasks, const std::string& limit, int running = 0,
                                  const test::Attributes& more = {}) {
  test::Attributes parent{
      {"array", "True"},
      {"job_state", running > 0 ? "B" : "Q"},
      {"array_state_count", "Queued:" + std::to_string(tasks - running) + " Running:0 Exiting:0 Expired:0"},
      {"max_run_subjobs", limit}};
  parent.insert(parent.end(), more.begin(), more.end());
  std::vector<std::string> jobs{json_job("9[].a", parent)};
  for (int i = 0; i < tasks; ++i) {
    const std::string id = "9[" + std::to_string(i) + "].a";
    jobs.push_back(i < running ? json_job(id, {{"job_state", "R"}, {"exec_vnode", "(m1:ncpus=1)"}})
                               : json_job(id, more));
  }
  return jobs;
}

std::int64_t count_of(const core::JobQueue& queue, Waiting waiting) {
  std::int64_t count = 0;
  for (const auto& jobs : queue.waiting) count += jobs.waiting == waiting ? jobs.count : 0;
  return count;
}

}  // namespace

TEST_CASE("queue: why a job waits") {
  CHECK(waiting_of({}) == Waiting::eligible);
  CHECK(waiting_of({{"job_state", "H"}, {"Hold_Types", "u"}}) == Waiting::held);
  CHECK(waiting_of({{"job_state", "H"}, {"Hold_Types", "os"}}) == Waiting::held);
  CHECK(waiting_of({{"job_state", "H"}, {"Hold_Types", "p"}}) == Waiting::held);
  CHECK(waiting_of({{"job_state", "H"}, {"Hold_Types", "s"}, {"depend", "afterok:8.a@a"}}) == Waiting::dependent);
  CHECK(waiting_of({{"job_state", "H"}, {"Hold_Types", "u"}, {"depend", "afterok:8.a@a"}}) == Waiting::held);
  CHECK(waiting_of({{"job_state", "Q"}, {"Hold_Types", "u"}}) == Waiting::held);  // a task of a held array
  CHECK(waiting_of({{"job_state", "Q"}, {"depend", "beforeok:9.a@a"}}) == Waiting::eligible);
  CHECK(waiting_of({{"job_state", "W"}, {"Execution_Time", "Thu Dec 31 23:59:00 2026"}}) == Waiting::deferred);
  CHECK(waiting_of({{"job_state", "T"}}) == Waiting::deferred);
  CHECK(waiting_of({{"job_state", "Z"}}) == Waiting::unknown);
  CHECK(waiting_of({{"Resource_List.select", "1:ncpus=1:host=m1"}}) == Waiting::node_bound);
  CHECK(waiting_of({{"reserve_ID", "R12.a"}}) == Waiting::node_bound);
  CHECK(waiting_of({{"exec_vnode", "(m1:ncpus=1)"}}) == Waiting::node_bound);  // checkpointed
  CHECK(waiting_of({{"comment", "Not Running: Queue not started."}}) == Waiting::queue_closed);
}

TEST_CASE("queue: jobs that are over are none") {
  for (const char* state : {"F", "M", "X"})
    CHECK(read_queue(json_queue({json_job("1.a", {{"job_state", state}})}))->waiting.empty());
}

TEST_CASE("comments: what the scheduler says") {
  using batch::openpbs::judge_comment;
  const std::vector<std::pair<std::string, Waiting>> rows{
      {"Not Running: Insufficient amount of resource: ncpus (R: 8 A: 4 T: 4)", Waiting::eligible},
      {"Can Never Run: Insufficient amount of resource: mem (R: 64gb A: 8gb T: 8gb)", Waiting::eligible},
      {"Can Never Run: Not enough total nodes available", Waiting::eligible},
      {"Can Never Run: can't fit in the largest placement set, and can't span psets", Waiting::eligible},
      {"Not Running: Host set host=m7 has too few free resources", Waiting::eligible},
      {"Not Running: Not enough free nodes available", Waiting::eligible},
      {"Not Running: Not enough of the right type of nodes are available", Waiting::eligible},
      {"Not Running: No available resources on nodes", Waiting::eligible},
      {"Not Running: Job would conflict with reservation or top job", Waiting::eligible},
      {"Not Running: Job would break strict sorted order", Waiting::eligible},
      {"Not Running: User has reached queue g1 running job limit.", Waiting::limited},
      {"Not Running: User has reached server running job limit.", Waiting::limited},
      {"Not Running: Server job limit has been reached.", Waiting::limited},
      {"Not Running: Queue g1 job limit has been reached.", Waiting::limited},
      {"Not Running: Group has reached server running limit.", Waiting::limited},
      {"Not Running: would exceed user me's limit on resource ncpus in complex", Waiting::limited},
      {"Not Running: Insufficient amount of server resource: matlab (R: 1 A: 0 T: 5)", Waiting::limited},
      {"Not Running: Insufficient amount of queue resource: ncpus (R: 1 A: 0 T: 5)", Waiting::limited},
      {"Not Running: Number of concurrent running subjobs limit reached", Waiting::limited},
      {"Not Running: Queue not an execution queue.", Waiting::queue_closed},
      {"Not Running: Dedicated time conflict", Waiting::deferred},
      {"Not Running: Job would cross dedicated time boundary", Waiting::deferred},
      {"Not Running: Job will run in primetime only", Waiting::deferred},
      {"Not Running: Specified host does not exist: m99", Waiting::node_bound},
      {"Not Running: Insufficient amount of resource: vnode", Waiting::node_bound},
      {"Not Running: Insufficient amount of resource: host (mission != m1)", Waiting::node_bound},
      // Sites' names of resources, and users' values, are no phrases.
      {"Can Never Run: Insufficient amount of resource: tide_features (emission != small)", Waiting::eligible},
      {"Not Running: Insufficient amount of resource: threshold (R: 1 A: 0 T: 5)", Waiting::eligible},
      {"Not Running: Insufficient amount of resource: hosttype (R: big A: small)", Waiting::eligible},
      {"Can Never Run: Invalid Job/Resv invalid chunk in select", Waiting::failed},
      {"Can Never Run: No Select", Waiting::failed},
      {"Not Running: PBS Error: Execution server rejected request", Waiting::unknown},
      {"Not Running: The moon is full", Waiting::unknown},
      {"Job was requeued by root at Fri Nov 20", Waiting::eligible},
      {"", Waiting::eligible},
  };
  for (const auto& [comment, waiting] : rows) {
    CAPTURE(comment);
    CHECK(judge_comment(comment).waiting == waiting);
    CHECK_FALSE(judge_comment(comment).reason.empty());
  }
  CHECK(judge_comment(rows[0].first).reason == "Not Running: Insufficient amount of resource: ncpus");
}

TEST_CASE("queue: comments that change with every cycle make no new groups") {
  std::vector<std::string> jobs;
  for (int i = 1; i <= 50; ++i) {
    jobs.push_back(json_job(
        std::to_string(i) + ".a",
        {{"comment", "Not Running: Insufficient amount of resource: ncpus (R: 8 A: " + std::to_string(i) + " T: 4)"}}));
  }
  const auto group = only_group(read_queue(json_queue(jobs)));
  CHECK(group.count == 50);
  CHECK(group.ids.size() == core::k_job_ids_per_shape);
  CHECK(only_group(read_queue(json_queue(jobs), {.all_ids = true})).ids.size() == 50);
}

TEST_CASE("queue: what one job asks for and cannot be read hides no other job") {
  std::string parts = "1:ncpus=1";
  for (int i = 0; i < 5000; ++i) parts += "+1:ncpus=1";
  for (const auto& [key, value] : test::Attributes{{"Resource_List.select", parts},
                                                   {"Resource_List.select", "1:ncpus=1++1:ncpus=2"},
                                                   {"Resource_List.walltime", "a day"}}) {
    CAPTURE(value.substr(0, 40));
    const auto queue = read_queue(json_queue({json_job("1.a", {{key, value}}), json_job("2.a", {})}));
    REQUIRE(queue);
    REQUIRE(queue->waiting.size() == 2);
    const auto odd =
        std::ranges::find(queue->waiting, core::JobId{"1.a"}, [](const auto& jobs) { return jobs.ids.front(); });
    REQUIRE(odd != queue->waiting.end());
    CHECK(odd->waiting == Waiting::unknown);
    CHECK(odd->reason.find("cannot be read") != std::string::npos);
  }
}

TEST_CASE("queue: what makes a shape") {
  const auto job = [](const test::Attributes& changes) {
    return only_group(read_queue(json_queue({json_job("1.a", changes)})));
  };
  CHECK(job({{"Resource_List.walltime", "24:00:00"}}).shape.walltime == Seconds{86'400});
  CHECK(job({{"Resource_List.min_walltime", "01:00:00"}, {"Resource_List.max_walltime", "02:00:00"}}).shape.walltime ==
        Seconds{7'200});
  CHECK(job({{"Account_Name", "physics"}}).shape.account == "physics");
  CHECK(job({{"project", "maths"}}).shape.account == "maths");
  CHECK(job({}).shape.account.empty());
  CHECK_FALSE(job({{"Rerunable", "False"}}).shape.rerunnable);
  CHECK(job({{"Priority", "-17"}}).priority == -17);
  CHECK(job({}).oldest == TimePoint{Seconds{1'795'146'599}});
  // schedselect is select with the defaults of the server and the queue.
  CHECK(job({{"schedselect", "1:ncpus=1:mem=2gb"}}).shape.chunks[0].memory_mib_per_node == 2'048);
  // One in a routing queue has none yet.
  const auto plain = job({{"Resource_List.select", ""}, {"Resource_List.ncpus", "3"}, {"Resource_List.mem", "1gb"}});
  CHECK(plain.shape.chunks[0].slots_per_task == 3);
  CHECK(plain.shape.chunks[0].memory_mib_per_node == 1'024);
}

TEST_CASE("queue: escapes in what is read") {
  const auto group =
      only_group(read_queue(json_queue({json_job("1.a", {{"Account_Name", "a\\\"b\\\\c\\/d\\u0041"}})})));
  CHECK(group.shape.account == "a\"b\\c/dA");
}

TEST_CASE("queue: where jobs run") {
  const auto queue = read_queue(json_queue(
      {json_job("1.a", {{"job_state", "R"}, {"exec_host", "m1/0*2+m2/0"}, {"exec_vnode", "(m1:ncpus=2)+(m2:ncpus=1)"}}),
       json_job("2.a", {{"job_state", "E"}, {"exec_host", "m2/1"}}),
       json_job("3.a", {{"job_state", "S"}, {"exec_vnode", "(m2:ncpus=1)"}}),
       json_job("4.a", {{"job_state", "U"}, {"exec_vnode", "(m3:ncpus=1)"}})}));
  REQUIRE(queue);
  CHECK(queue->waiting.empty());
  CHECK(queue->running.at({"m1"}) == std::vector<core::JobId>{{"1.a"}});
  CHECK(queue->running.at({"m2"}) == std::vector<core::JobId>{{"1.a"}, {"2.a"}, {"3.a"}});
  CHECK(queue->running.at({"m3"}) == std::vector<core::JobId>{{"4.a"}});
}

TEST_CASE("arrays: tasks count one by one, the array itself does not") {
  const auto group = only_group(read_queue(json_queue(array_of(5, ""))));
  CHECK(group.count == 5);
  CHECK(group.ids.front().value == "9[0].a");
  // Without its tasks in the list, its own count stands for them.
  const auto alone = only_group(read_queue(json_queue({array_of(5, "").front()})));
  CHECK(alone.count == 5);
  CHECK(alone.ids == std::vector<core::JobId>{{"9[].a"}});
}

TEST_CASE("arrays: a limit cuts demand by what runs already") {
  const auto queue = read_queue(json_queue(array_of(10, "4", 1)));
  REQUIRE(queue);
  CHECK(count_of(*queue, Waiting::eligible) == 3);
  CHECK(count_of(*queue, Waiting::limited) == 6);
  CHECK(test::group_with(*queue, "9[1].a").waiting == Waiting::eligible);
  CHECK(test::group_with(*queue, "9[9].a").waiting == Waiting::limited);
  const auto held = read_queue(json_queue(array_of(10, "4", 0, {{"Hold_Types", "u"}})));
  CHECK(count_of(*held, Waiting::held) == 10);
  auto two = array_of(10, "4", 1);
  two.push_back(json_job("10.a"));
  CHECK(count_of(*read_queue(json_queue(two)), Waiting::eligible) == 4);
}

TEST_CASE("queues: stopped, routing, limited by max_run") {
  const Queues stopped{{"workq", {.started = false}}};
  CHECK(waiting_of({}, &stopped) == Waiting::queue_closed);
  const Queues routing{{"workq", {.started = true, .execution = false}}};
  CHECK(waiting_of({}, &routing) == Waiting::queue_closed);
  const Queues others{{"other", {.started = false}}};
  CHECK(waiting_of({}, &others) == Waiting::eligible);
  const Queues limited{{"workq", {.started = true, .max_run = 3}}};
  auto jobs = array_of(3, "", 1);
  for (int i = 20; i < 25; ++i)
    jobs.push_back(json_job(std::to_string(i) + ".a", {{"Resource_List.select", "1:ncpus=2"}}));
  const auto queue = read_queue(json_queue(jobs), {.queues = &limited});
  CHECK(count_of(*queue, Waiting::eligible) == 2);
  CHECK(count_of(*queue, Waiting::limited) == 5);
}

TEST_CASE("queues: what qstat -Q prints") {
  const auto queues = batch::openpbs::parse_queues(
      "Queue: r\n    queue_type = Route\n    enabled = True\n    started = True\n\nQueue: w\n    queue_type = "
      "Execution\n"
      "    max_run = [u:PBS_GENERIC=2],[o:PBS_ALL=10]\n    started = False\n\n",
      Form::text);
  REQUIRE(queues);
  CHECK_FALSE(queues->at("r").execution);
  CHECK(queues->at("w") == batch::openpbs::Queue{.started = false, .execution = true, .max_run = 10});
  CHECK_FALSE(batch::openpbs::parse_queues("", Form::text));
  CHECK_FALSE(batch::openpbs::parse_queues(json_queue({}), Form::json));
  CHECK(batch::openpbs::overall_limit("[u:PBS_GENERIC=2]") == -1);
}

TEST_CASE("queue: a million waiting jobs keep what twenty keep") {
  batch::openpbs::QueueBuilder builder({});
  const std::string whole = json_queue({json_job("1.a"), json_job("2.a")});
  const std::string one = json_job("1.a") + ",\n";
  const std::size_t at = whole.find(one);
  REQUIRE(builder.feed(whole.substr(0, at)));
  for (int i = 0; i < 20'000; ++i) REQUIRE(builder.feed(one));
  REQUIRE(builder.feed(whole.substr(at + one.size())));
  const auto queue = builder.finish();
  CHECK(only_group(queue).count == 20'001);
  CHECK(only_group(queue).ids.size() == core::k_job_ids_per_shape);
}

TEST_SUITE_END();
