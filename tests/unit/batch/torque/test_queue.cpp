#include "support_torque.hpp"

#include <tide/batch/torque/job_state.hpp>

#include <doctest/doctest.h>

using namespace tide;
using core::Waiting;
using test::waiting_for;
using test::xml_job;
using test::xml_queue;

TEST_SUITE_BEGIN("batch/torque/queue");

namespace {

batch::pbs::Queues queues_of(const std::string& attributes) {
  return batch::pbs::parse_queues("Queue: batch\n    queue_type = Execution\n    enabled = True\n" + attributes + "\n")
      .value();
}

std::int64_t count_of(const core::JobQueue& queue, Waiting waiting) {
  std::int64_t count = 0;
  for (const auto& jobs : queue.waiting) count += jobs.waiting == waiting ? jobs.count : 0;
  return count;
}

std::vector<std::string> many(int count, const test::Changes& changes = {}, int first = 1) {
  std::vector<std::string> jobs;
  for (int i = first; i < first + count; ++i) jobs.push_back(xml_job(std::to_string(i) + ".head", changes));
  return jobs;
}

std::vector<std::string> both(std::vector<std::string> left, const std::vector<std::string>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace

TEST_CASE("states and holds") {
  struct Row {
    test::Changes changes;
    Waiting waiting;
    std::string reason;
  };
  const std::vector<Row> rows{
      {{}, Waiting::eligible, "Queued"},
      {{{"job_state", "H"}, {"Hold_Types", "u"}}, Waiting::held, "Hold_Types=u"},
      {{{"job_state", "H"}, {"Hold_Types", "us"}}, Waiting::held, "Hold_Types=us"},
      {{{"job_state", "H"}, {"Hold_Types", "s"}}, Waiting::held, "Hold_Types=s"},
      {{{"job_state", "H"}, {"Hold_Types", "s"}, {"depend", "afterok:12.head"}}, Waiting::dependent, "Dependency"},
      {{{"job_state", "H"}, {"Hold_Types", "s"}, {"depend", "beforeok:12.head"}}, Waiting::held, "Hold_Types=s"},
      {{{"job_state", "H"}, {"Hold_Types", "us"}, {"depend", "afterok:12.head"}}, Waiting::held, "Hold_Types=us"},
      {{{"job_state", "H"}, {"Hold_Types", "-"}}, Waiting::limited, "slot limit of its array"},
      {{{"job_state", "H"}, {"Hold_Types", ""}}, Waiting::limited, "slot limit of its array"},
      {{{"job_state", "H"}, {"Hold_Types", "l"}}, Waiting::limited, "slot limit of its array"},
      {{{"job_state", "W"}}, Waiting::deferred, "Execution_Time"},
      {{{"Execution_Time", "1798761540"}}, Waiting::deferred, "Execution_Time"},
      {{{"Execution_Time", "1795145000"}}, Waiting::eligible, "Queued"},
      {{{"job_state", "T"}}, Waiting::deferred, "in transit between queues"},
      {{{"job_state", "Z"}}, Waiting::unknown, "job_state=Z"},
      {{{"Resource_List.nodes", "mom7/0+mom7/1"}}, Waiting::node_bound, "it names a node"},
      {{{"Resource_List.host", "mom7"}}, Waiting::node_bound, "it names a node"},
      {{{"Resource_List.nodes", "mom7:ppn=2"}}, Waiting::eligible, "Queued"},  // no node of that name: a property
  };
  for (const Row& row : rows) {
    const auto jobs = waiting_for(row.changes);
    CAPTURE(test::xml_job("1.head", row.changes));
    CHECK(jobs.waiting == row.waiting);
    CHECK(jobs.reason == row.reason);
  }
}

TEST_CASE("a first word that is a known node's name binds the job to it") {
  const std::string text = xml_queue({xml_job("1.head", {{"Resource_List.nodes", "mom3:ppn=2"}}),
                                      xml_job("2.head", {{"Resource_List.nodes", "1:ppn=2+mom3"}}),
                                      xml_job("3.head", {{"Resource_List.nodes", "1:mom3"}})});
  const auto queue = test::read_queue(text, {}, 100, {core::NodeName{"mom3"}}).value();
  CHECK(test::group_with(queue, "1.head").waiting == Waiting::node_bound);
  CHECK(test::group_with(queue, "1.head").reason == "it names node 'mom3'");
  CHECK(test::group_with(queue, "2.head").waiting == Waiting::node_bound);
  CHECK(test::group_with(queue, "3.head").waiting == Waiting::eligible);
}

TEST_CASE("jobs on nodes, and what they use there") {
  const std::string text = xml_queue({
      xml_job("1.head", {{"job_state", "R"}, {"exec_host", "mom1/0+mom1/1"}, {"Resource_List.mem", "2gb"}}),
      xml_job("2.head", {{"job_state", "E"}, {"exec_host", "mom1/2"}, {"Resource_List.nodes", "1:gpus=1"}}),
      xml_job("3.head", {{"job_state", "S"}, {"exec_host", "mom2/0-3,7"}}),
      xml_job("4.head", {{"job_state", "C"}, {"exec_host", "mom3/0"}}),
      xml_job("5.head", {{"job_state", "Z"}, {"exec_host", "mom4/0"}}),
      xml_job("6.head", {{"job_state", "R"}, {"exec_host", "mom1/3+mom2/5"}, {"Resource_List.nodes", "2"}}),
  });
  batch::torque::QueueBuilder builder({.now = test::k_recorded});
  REQUIRE(builder.feed(text));
  const auto queue = builder.finish({}).value();
  const auto ids = [](std::vector<std::string> names) {
    std::vector<core::JobId> out;
    for (auto& name : names) out.push_back({name});
    return out;
  };
  REQUIRE(queue.running.size() == 3);
  CHECK(queue.running.at({"mom1"}) == ids({"1.head", "2.head", "6.head"}));
  CHECK(queue.running.at({"mom2"}) == ids({"3.head", "6.head"}));
  CHECK(queue.running.at({"mom4"}) == ids({"5.head"}));  // of a state that we do not know
  CHECK(queue.waiting.empty());
  CHECK(builder.uses().at({"mom1"}) == batch::torque::NodeUse{.memory_mib = 2048, .gpus = 1});
  CHECK(batch::torque::nodes_of("mom2/0-3,7") == std::map<std::string, std::int64_t>{{"mom2", 5}});
  CHECK(builder.unfinished() == 5);
}

TEST_CASE("a queue's closed doors and limits") {
  batch::torque::QueueOptions options;
  options.queues = queues_of("    started = False\n");
  auto queue = test::read_queue(xml_queue(many(2)), options).value();
  CHECK(count_of(queue, Waiting::queue_closed) == 2);
  options.queues = queues_of("    started = True\n    resources_max.walltime = 00:30:00\n");
  queue = test::read_queue(xml_queue(many(2)), options).value();
  CHECK(count_of(queue, Waiting::failed) == 2);
  options.queues = queues_of("    started = True\n    resources_max.procct = 3\n");
  queue =
      test::read_queue(xml_queue(both(many(1, {{"Resource_List.nodes", "2:ppn=2"}}), many(1, {}, 9))), options).value();
  CHECK(test::group_with(queue, "1.head").reason == "resources_max.procct = 3 of queue 'batch'");
  CHECK(test::group_with(queue, "9.head").waiting == Waiting::eligible);
  options.queues = {};
  options.server.max = {{"nodect", "1"}};
  queue = test::read_queue(xml_queue(many(1, {{"Resource_List.nodect", "2"}})), options).value();
  CHECK(queue.waiting.front().reason == "resources_max.nodect = 1 of the server");
}

TEST_CASE("no more make demand than may run at once") {
  const test::Changes runs{{"job_state", "R"}, {"exec_host", "mom1/0"}};
  batch::torque::QueueOptions options;
  options.queues = queues_of("    started = True\n    max_running = 5\n");
  auto queue = test::read_queue(xml_queue(both(many(2, runs), many(10, {}, 10))), options).value();
  CHECK(count_of(queue, Waiting::eligible) == 3);
  CHECK(count_of(queue, Waiting::limited) == 7);
  CHECK(test::group_with(queue, "10.head").waiting == Waiting::eligible);
  CHECK(test::group_with(queue, "13.head").reason == "max_running = 5 of queue 'batch'");

  options.queues = queues_of("    started = True\n    max_user_run = 2\n");
  const auto of = [&](const std::string& user, int first) { return many(4, {{"euser", user}}, first); };
  queue = test::read_queue(xml_queue(both(of("ann", 10), of("bob", 20))), options).value();
  CHECK(count_of(queue, Waiting::eligible) == 4);
  CHECK(count_of(queue, Waiting::limited) == 4);
  CHECK(queue.waiting.size() == 2);  // users are no part of a shape

  options.queues = queues_of("    started = True\n    max_group_run = 3\n");
  queue = test::read_queue(xml_queue(both(of("ann", 10), of("bob", 20))), options).value();
  CHECK(count_of(queue, Waiting::eligible) == 3);

  options.queues = {};
  options.server.jobs = 1;
  queue = test::read_queue(xml_queue(both(many(1, runs), many(3, {}, 10))), options).value();
  CHECK(count_of(queue, Waiting::limited) == 3);
  // The most urgent first.
  options.server.jobs = 1;
  queue =
      test::read_queue(xml_queue(both(many(3), many(1, {{"Priority", "9"}, {"queue", "other"}}, 10))), options).value();
  CHECK(test::group_with(queue, "10.head").waiting == Waiting::eligible);
  CHECK(test::group_with(queue, "1.head").waiting == Waiting::limited);
}

TEST_CASE("arrays: elements count, their parent only where it stands alone") {
  const test::Changes request{{"job_array_request", "0-9%3"}};
  auto queue = test::read_queue(xml_queue({xml_job("5[].head", request)})).value();
  CHECK(count_of(queue, Waiting::eligible) == 3);
  queue =
      test::read_queue(xml_queue({xml_job("5[].head", request), xml_job("5[1].head"), xml_job("5[2].head")})).value();
  CHECK(count_of(queue, Waiting::eligible) == 2);
  queue = test::read_queue(xml_queue({xml_job("5-1.head"), xml_job("5-2.head")})).value();  // of 2.4
  CHECK(count_of(queue, Waiting::eligible) == 2);
  // A held array's parent says Q, a running one's R: only its elements tell.
  for (const std::string state : {"Q", "R"}) {
    const test::Changes held{{"job_state", "H"}, {"Hold_Types", "u"}};
    queue = test::read_queue(xml_queue({xml_job("5[].head", {{"job_array_request", "1-2"}, {"job_state", state}}),
                                        xml_job("5[1].head", held), xml_job("5[2].head", held)}))
                .value();
    CAPTURE(state);
    CHECK(count_of(queue, Waiting::eligible) == 0);
    CHECK(count_of(queue, Waiting::held) == 2);
    CHECK(queue.running.empty());
  }
  CHECK(batch::torque::count_elements("1,3,5-9") == 7);
  CHECK(batch::torque::count_elements("0-9%2") == 2);
  for (const std::string_view bad : {"", "x", "5-1", "0-999999999999", "1%x"})
    CHECK(batch::torque::count_elements(bad) == 0);
}

TEST_CASE("accounts are part of a shape only where a pool asks for them") {
  const std::string text = xml_queue({xml_job("1.head", {{"Account_Name", "phys"}}), xml_job("2.head"),
                                      xml_job("3.head", {{"Account_Name", "chem"}})});
  CHECK(test::read_queue(text).value().waiting.size() == 1);
  const auto queue = test::read_queue(text, {.with_accounts = true}).value();
  CHECK(queue.waiting.size() == 3);
  CHECK(test::group_with(queue, "3.head").shape.account == "chem");
}

TEST_CASE("20 IDs of each shape, or all; the oldest and the most urgent") {
  auto jobs = many(30);
  jobs.push_back(xml_job("99.head", {{"qtime", "1795140000"}}));
  jobs.push_back(xml_job("98.head", {{"Priority", "-7"}}));
  jobs.push_back(xml_job("97.head", {{"Priority", "5"}}));
  const auto queue = test::read_queue(xml_queue(jobs)).value();
  REQUIRE(queue.waiting.size() == 1);
  CHECK(queue.waiting.front().count == 33);
  CHECK(queue.waiting.front().ids.size() == 20);
  CHECK(queue.waiting.front().oldest == TimePoint{Seconds{1'795'140'000}});
  CHECK(queue.waiting.front().priority == 5);
  CHECK(test::read_queue(xml_queue(jobs), {.all_ids = true}).value().waiting.front().ids.size() == 33);
}

TEST_CASE("a job that is none is refused") {
  for (const test::Changes& changes : std::vector<test::Changes>{{{"Job_Id", "x"}},
                                                                 {{"Job_Id", ""}},
                                                                 {{"Job_Id", "1.a b"}},
                                                                 {{"job_state", ""}},
                                                                 {{"job_state", "QQ"}},
                                                                 {{"queue", ""}},
                                                                 {{"qtime", "yesterday"}, {"ctime", ""}},
                                                                 {{"Priority", "high"}}}) {
    const auto queue = test::read_queue(xml_queue({xml_job("7.head", changes)}));
    CAPTURE(test::xml_job("7.head", changes));
    REQUIRE(!queue);
    CHECK(queue.error().kind == ErrorKind::protocol);
  }
}

TEST_SUITE_END();

TEST_CASE("a prologue that does not end is refused, whatever the pieces") {
  const std::string text = "<?xml version=\"" + std::string(5'000, 'x') + "\"?>\n<Data></Data>\n";
  for (const std::size_t piece : {std::size_t{64}, text.size()}) {
    batch::torque::QueueBuilder builder({.now = test::k_recorded});
    bool refused = false;
    for (std::size_t at = 0; at < text.size() && !refused; at += piece)
      refused = !builder.feed(std::string_view(text).substr(at, piece));
    CHECK(refused);
  }
}
