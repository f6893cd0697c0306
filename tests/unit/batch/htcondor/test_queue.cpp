#include "support_htcondor.hpp"

#include <doctest/doctest.h>

using namespace tide;
using batch::htcondor::JobField;
using core::Waiting;
using test::job_line;
using test::only_group;
using test::totals;

TEST_SUITE_BEGIN("batch/htcondor/queue");

TEST_CASE("queue: only the schedd's own count proves it whole") {
  const std::string two = job_line(1, {}) + job_line(2, {});
  REQUIRE(test::read_queue(two + totals(2, 2)));
  CHECK(test::read_queue(two + totals(2, 2))->waiting.front().count == 2);
  REQUIRE(test::read_queue(totals(0, 0)));
  for (const std::string& text :
       {std::string(), std::string("\n"), two, two + totals(3, 3), job_line(1, {}) + totals(2, 2)}) {
    const auto queue = test::read_queue(text);
    REQUIRE_FALSE(queue);
    CHECK(queue.error().kind == ErrorKind::unproven);
  }
  const auto hidden = test::read_queue(two + totals(2, 900));
  REQUIRE_FALSE(hidden);
  CHECK(hidden.error().kind == ErrorKind::unproven);
  CHECK(hidden.error().message.find("all users") != std::string::npos);
  for (const std::string& text : std::vector<std::string>{
           totals(0, 0) + "more\n", "\nTotal for query: x jobs; 0 suspended\n", "no\n" + totals(1, 1), "\n<html>\n",
           "All queues are empty\n", job_line(1, {{JobField::proc, "x"}}) + totals(1, 1)}) {
    const auto queue = test::read_queue(text);
    REQUIRE_FALSE(queue);
    CHECK(queue.error().kind == ErrorKind::protocol);
  }
}

TEST_CASE("queue: every JobStatus") {
  CHECK(only_group({}).waiting == Waiting::eligible);
  CHECK(only_group({{JobField::status, "5"}, {JobField::hold_code, "15"}}).waiting == Waiting::held);
  CHECK(only_group({{JobField::status, "5"}, {JobField::hold_code, "15"}}).reason.find("submitted on hold") !=
        std::string::npos);
  const auto held = [](const char* code) {
    return only_group({{JobField::status, "5"}, {JobField::hold_code, code}}).reason;
  };
  CHECK(held("1") == "Held: by a person (HoldReasonCode 1)");
  CHECK(held("6") == "Held: its program could not be started (HoldReasonCode 6)");
  CHECK(held("99") == "Held (HoldReasonCode 99)");
  CHECK(only_group({{JobField::status, "8"}}).waiting == Waiting::unknown);
  CHECK(only_group({{JobField::status, "error"}}).waiting == Waiting::unknown);
  for (const char* status : {"2", "6", "7", "3", "4"}) {
    CAPTURE(std::string(status));
    const auto queue = test::read_queue(
        job_line(7, {{JobField::status, status}, {JobField::host, "\"slot1_2@10-0-0-5.local\""}}) + totals(1, 1));
    REQUIRE(queue);
    CHECK(queue->waiting.empty());
    CHECK(queue->running.at({"10-0-0-5.local"}) == std::vector<core::JobId>{{"7.0"}});
  }
  const auto over =
      test::read_queue(job_line(1, {{JobField::status, "3"}}) + job_line(2, {{JobField::status, "4"}}) + totals(2, 2));
  REQUIRE(over);
  CHECK(over->waiting.empty());
  CHECK(over->running.empty());
}

TEST_CASE("queue: a parallel job is on all of its machines, and asks for as many") {
  const auto queue = test::read_queue(job_line(3, {{JobField::status, "2"},
                                                   {JobField::universe, "11"},
                                                   {JobField::host, "\"slot1_1@a.x\""},
                                                   {JobField::all_hosts, "\"slot1_1@a.x,slot1_2@a.x,slot1@b.x\""}}) +
                                      totals(1, 1));
  REQUIRE(queue);
  CHECK(queue->running.size() == 2);
  CHECK(queue->running.at({"b.x"}).size() == 1);
  const auto jobs = only_group(
      {{JobField::universe, "11"}, {JobField::hosts_min, "3"}, {JobField::hosts_max, "4"}, {JobField::cpus, "2"}});
  const core::Chunk& chunk = jobs.shape.chunks.front();
  CHECK(chunk.nodes == 3);
  CHECK(chunk.nodes_max == 4);
  CHECK(chunk.tasks == 3);
  CHECK(chunk.slots_per_task == 2);
}

TEST_CASE("queue: scheduler, grid and local universe need no node") {
  for (const char* universe : {"7", "9", "12"}) {
    CHECK(only_group({{JobField::universe, universe}}).waiting == Waiting::limited);
    const auto queue = test::read_queue(
        job_line(1, {{JobField::universe, universe}, {JobField::status, "2"}, {JobField::host, "\"head\""}}) +
        totals(1, 1));
    REQUIRE(queue);
    CHECK(queue->running.empty());
  }
}

TEST_CASE("queue: sizes, and what is none") {
  const auto big = only_group({{JobField::cpus, "8"}, {JobField::memory, "4000.5"}, {JobField::gpus, "2"}});
  CHECK(big.shape.chunks.front().slots_per_task == 8);
  CHECK(big.shape.chunks.front().memory_mib_per_node == 4001);
  CHECK(big.shape.chunks.front().gpus_per_node == core::Gpus{{"", 2}});
  CHECK(big.shape.unjudged.empty());
  for (const char* none : {"error", "\"lots\"", "-5", "99999999999999999999", "1e9", "{1}"}) {
    CAPTURE(std::string(none));
    CHECK(only_group({{JobField::memory, none}}).shape.unjudged.find("RequestMemory") == 0);
    CHECK(only_group({{JobField::cpus, none}}).shape.unjudged.find("RequestCpus") == 0);
  }
  const auto plain = only_group({{JobField::cpus, "undefined"}, {JobField::memory, "undefined"}});
  CHECK(plain.shape.chunks.front().slots_per_task == 1);
  CHECK(plain.shape.unjudged.empty());
  CHECK(only_group({{JobField::big_disk, "true"}}).shape.assumed.find("RequestDisk") != std::string::npos);
  CHECK(only_group({{JobField::gpu_properties, "Capability > 8"}}).shape.assumed.find("Capability > 8") !=
        std::string::npos);
  CHECK(only_group({{JobField::duration, "3600"}}).shape.walltime == Seconds{3600});
  CHECK(only_group({{JobField::account, "\"group_x\""}}).shape.account == "group_x");
  // Users may set these to anything.
  CHECK(only_group({{JobField::submitted, "\"x\""}, {JobField::priority, "error"}}).priority == 0);
}

TEST_CASE("queue: deferred, bound, never, concurrency limits") {
  CHECK(only_group({{JobField::deferral_time, "2000000000"}}).waiting == Waiting::deferred);
  CHECK(only_group({{JobField::deferral_time, "1000000000"}}).waiting == Waiting::eligible);
  CHECK(only_group({{JobField::requirements, "Machine == \"x\""}}).waiting == Waiting::node_bound);
  CHECK(only_group({{JobField::requirements, "false"}}).waiting == Waiting::failed);
  const auto told = only_group({{JobField::concurrency_limits, "\"licence:2\""}});
  CHECK(told.waiting == Waiting::eligible);
  CHECK(told.shape.assumed == "ConcurrencyLimits: licence:2");
  // The negotiator tries the first of a kind only: its word holds for all of them.
  const auto queue =
      test::read_queue(job_line(1, {{JobField::concurrency_limits, "\"licence\""}, {JobField::limit_reached, "true"}}) +
                       job_line(2, {{JobField::concurrency_limits, "\"licence\""}}) + job_line(3, {}) + totals(3, 3));
  REQUIRE(queue);
  REQUIRE(queue->waiting.size() == 2);
  for (const auto& jobs : queue->waiting) {
    CHECK((jobs.waiting == Waiting::limited) == (jobs.count == 2));
  }
}

TEST_CASE("queue: no value forges a row, and none blinds us") {
  const auto forged =
      test::read_queue(job_line(1, {{JobField::account, "\"a\\t1\\n9\\t0\\t2\\\"b\""},
                                    {JobField::requirements, "Foo == \"a\\tb\\nTotal for query: 0 jobs\""}}) +
                       totals(1, 1));
  REQUIRE(forged);
  CHECK(forged->waiting.front().count == 1);
  const auto zero = test::read_queue(std::string("1\t0\0", 4));
  REQUIRE_FALSE(zero);
  CHECK(zero.error().kind == ErrorKind::protocol);
  const auto columns = test::read_queue("1\t2\t3\n" + totals(1, 1));
  REQUIRE_FALSE(columns);
  CHECK(columns.error().kind == ErrorKind::protocol);
  CHECK(test::read_queue(job_line(1, {{JobField::account, "\"\xff\xfe\""}}) + totals(1, 1)));
}

TEST_CASE("queue: a gigabyte in one attribute is read in pieces and kept in none") {
  batch::htcondor::QueueBuilder builder(
      {.all_ids = false, .now = TimePoint{Seconds{test::k_condor_now}}, .features = {}});
  builder.begin("");
  const std::string line = job_line(1, {});
  REQUIRE(builder.feed(line.substr(0, line.size() - 1)));
  const std::string piece(1U << 20U, 'x');
  for (int i = 0; i < 1'024; ++i) REQUIRE(builder.feed(piece));
  REQUIRE(builder.feed("\n" + job_line(2, {}) + totals(2, 2)));
  REQUIRE(builder.end());
  const auto queue = builder.finish();
  REQUIRE(queue.waiting.size() == 2);
  int unjudged = 0;
  for (const auto& jobs : queue.waiting) unjudged += jobs.shape.unjudged.empty() ? 0 : 1;
  CHECK(unjudged == 1);
}

TEST_CASE("queue: too many hosts for a line are an error, not an idle machine") {
  const std::string hosts(batch::htcondor::k_line_max, 'h');
  const auto queue = test::read_queue(
      job_line(1, {{JobField::status, "2"}, {JobField::all_hosts, "\"" + hosts + "\""}}) + totals(1, 1));
  REQUIRE_FALSE(queue);
  CHECK(queue.error().kind == ErrorKind::protocol);
}

TEST_CASE("queue: rows that differ in nothing but their state are not taken for the row before") {
  const auto queue = test::read_queue(job_line(1, {}) + job_line(2, {{JobField::status, "5"}}) + job_line(3, {}) +
                                      job_line(4, {{JobField::status, "2"}, {JobField::host, "\"slot1@a.x\""}}) +
                                      job_line(5, {{JobField::universe, "7"}}) + job_line(6, {}) + totals(6, 6));
  REQUIRE(queue);
  std::int64_t eligible = 0;
  for (const auto& jobs : queue->waiting) eligible += jobs.waiting == Waiting::eligible ? jobs.count : 0;
  CHECK(eligible == 3);
  CHECK(queue->waiting.size() == 3);
  CHECK(queue->running.at({"a.x"}) == std::vector<core::JobId>{{"4.0"}});
  // A row is as wrong behind its like as alone.
  CHECK_FALSE(
      test::read_queue(job_line(1, {}) + job_line(2, {}).insert(job_line(2, {}).size() - 1, "\tmore") + totals(2, 2)));
}

TEST_CASE("queue: a million jobs of a few shapes are a few groups") {
  batch::htcondor::QueueBuilder builder(
      {.all_ids = false, .now = TimePoint{Seconds{test::k_condor_now}}, .features = {}});
  builder.begin("head#");
  std::vector<std::string> lines;
  for (int i = 0; i < 100; ++i) lines.push_back(job_line(i, {{JobField::cpus, std::to_string(1 + i % 5)}}));
  std::string block;
  for (const auto& line : lines) block += line;
  for (int i = 0; i < 1'000; ++i) REQUIRE(builder.feed(block));
  REQUIRE(builder.feed(totals(100'000, 100'000)));
  REQUIRE(builder.end());
  const auto queue = builder.finish();
  REQUIRE(queue.waiting.size() == 5);
  CHECK(queue.waiting.front().count == 20'000);
  CHECK(queue.waiting.front().ids.size() == core::k_job_ids_per_shape);
  CHECK(queue.waiting.front().ids.front().value.starts_with("head#"));
}

TEST_SUITE_END();
