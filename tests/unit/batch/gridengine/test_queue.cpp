#include "support_gridengine.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using batch::gridengine::JobDetail;
using core::Waiting;

TEST_SUITE_BEGIN("batch/gridengine/queue");

namespace {

std::string state(const std::string& letters) { return "<state>" + letters + "</state>"; }

constexpr const char* k_passed_over = "<JAT_prio>0.00000</JAT_prio>";

batch::gridengine::HostRecord host_with(std::vector<core::JobId> jobs) {
  batch::gridengine::HostRecord host;
  host.name = "n1";
  host.jobs = std::move(jobs);
  return host;
}

}  // namespace

TEST_CASE("queue: every state of a waiting job") {
  for (const char* letters : {"qw", "Rq", "Rqw"}) CHECK(only_ge_group(state(letters)).waiting == Waiting::eligible);
  for (const char* letters : {"hqw", "hRwq", "hRqw"}) CHECK(only_ge_group(state(letters)).waiting == Waiting::held);
  for (const char* letters : {"Eqw", "Ehqw", "EhRqw"}) CHECK(only_ge_group(state(letters)).waiting == Waiting::failed);
  for (const char* letters : {"zz", "qwX", ""}) {
    const auto jobs = only_ge_group(state(letters));
    CHECK(jobs.waiting == Waiting::unknown);
    CHECK(jobs.reason == letters);
  }
}

TEST_CASE("queue: what waits for another job is told apart from what a person holds") {
  CHECK(only_ge_group(state("hqw") + "<predecessor_jobs_req>r1</predecessor_jobs_req>").waiting == Waiting::dependent);
  CHECK(only_ge_group(state("hqw") + "<ad_predecessor_jobs_req>r1</ad_predecessor_jobs_req>").waiting ==
        Waiting::dependent);
  CHECK(only_ge_group(state("hqw")).waiting == Waiting::held);
}

TEST_CASE("queue: tasks are counted from ranges, steps and lists") {
  using batch::gridengine::count_tasks;
  CHECK(count_tasks("10-100:5") == 19);
  CHECK(count_tasks("7") == 1);
  CHECK(count_tasks("1-3,7,9-11:1") == 7);
  for (const char* text : {"", "x", "3-1", "1-5:0", "0-4", "1-999999999999", "1,,2", "1-2-3"})
    CHECK_FALSE(count_tasks(text));
  const auto jobs = only_ge_group("<tasks>3,10-20:5</tasks>");
  CHECK(jobs.count == 4);
  CHECK(jobs.ids == std::vector<core::JobId>{{"1.3"}, {"1.10"}, {"1.15"}, {"1.20"}});
  CHECK_FALSE(read_ge_queue(ge_document(ge_job(1, "<tasks>10-...</tasks>")), ge_context()));
}

TEST_CASE("queue: an array's limit leaves as many tasks as it may still run") {
  auto context = ge_context();
  context.details["1"] = JobDetail{.start = {}, .together = 3};
  context.hosts = {host_with({{"1.1"}, {"11.2"}, {"2"}})};
  const auto queue = read_ge_queue(ge_document(ge_job(1, "<tasks>2-9:1</tasks>")), context).value();
  REQUIRE(queue.waiting.size() == 2);
  for (const auto& jobs : queue.waiting) {
    CHECK(jobs.count == (jobs.waiting == Waiting::eligible ? 2 : 6));
    CHECK(jobs.reason == (jobs.waiting == Waiting::eligible ? "" : "-tc 3"));
    CHECK(jobs.ids.size() == static_cast<std::size_t>(jobs.count));
  }
}

TEST_CASE("queue: an array that is listed in several entries has one limit") {
  const auto counts = [](const std::string& jobs, std::int64_t together) {
    auto context = ge_context();
    context.details["1"] = JobDetail{.start = {}, .together = together};
    context.hosts = {host_with({{"1.1"}})};
    const auto queue = read_ge_queue(ge_document(jobs), context).value();
    std::map<Waiting, std::int64_t> found;
    for (const auto& group : queue.waiting) found[group.waiting] += group.count;
    return std::pair(found[Waiting::eligible], found[Waiting::limited]);
  };
  const std::string rest = ge_job(1, "<tasks>5-14:1</tasks>");
  const std::string again = ge_job(1, state("Rqw") + "<tasks>2,3</tasks>");
  CHECK(counts(again + rest, 3) == std::pair<std::int64_t, std::int64_t>(2, 10));
  CHECK(counts(again + rest, 5) == std::pair<std::int64_t, std::int64_t>(4, 8));
  CHECK(counts(rest + again, 5) == std::pair<std::int64_t, std::int64_t>(4, 8));
  // One by one, and what the scheduler passes over.
  std::string singly;
  for (int task = 2; task <= 4; ++task) singly += ge_job(1, state("Rqw") + fmt::format("<tasks>{}</tasks>", task));
  CHECK(counts(singly + rest, 5) == std::pair<std::int64_t, std::int64_t>(4, 9));
  CHECK(counts(singly + rest, 2) == std::pair<std::int64_t, std::int64_t>(1, 12));
  CHECK(counts(singly + ge_job(1, k_passed_over + std::string("<tasks>5-14:1</tasks>")), 5) ==
        std::pair<std::int64_t, std::int64_t>(4, 9));
  // Another job has a limit of its own.
  CHECK(counts(again + ge_job(2, "<tasks>1-2:1</tasks>"), 2) == std::pair<std::int64_t, std::int64_t>(3, 1));
}

TEST_CASE("queue: many tasks that were rescheduled leave room for questions about other arrays") {
  batch::gridengine::QueueBuilder builder({.all_ids = false, .now = TimePoint{Seconds{k_ge_now}}});
  std::string jobs;
  for (int task = 1; task <= 500; ++task) jobs += ge_job(1, state("Rqw") + fmt::format("<tasks>{}</tasks>", task));
  REQUIRE(builder.feed(ge_document(jobs + ge_job(2, "<tasks>1-9:1</tasks>"))));
  REQUIRE(builder.end());
  CHECK(builder.wants_details() == std::vector<std::string>{"1", "2"});
  auto context = ge_context();
  context.details["1"] = JobDetail{.start = {}, .together = 20};
  std::int64_t limited = 0;
  for (const auto& group : builder.finish(context).waiting)
    limited += group.waiting == Waiting::limited ? group.count : 0;
  CHECK(limited == 480);
}

TEST_CASE("queue: a start time is told only by the job's details") {
  auto context = ge_context();
  context.has_priorities = true;
  context.details["1"] = JobDetail{.start = TimePoint{Seconds{k_ge_now + 60}}, .together = 0};
  CHECK(only_ge_group(k_passed_over, context).waiting == Waiting::deferred);
  context.details["1"].start = TimePoint{Seconds{k_ge_now - 1}};
  CHECK(only_ge_group(k_passed_over, context).waiting == Waiting::limited);
}

TEST_CASE("queue: priority 0 means that the scheduler passes a job over, unless it is new or no job has any") {
  auto context = ge_context();
  CHECK(only_ge_group(k_passed_over, context).waiting == Waiting::eligible);
  context.has_priorities = true;
  CHECK(only_ge_group(k_passed_over, context).waiting == Waiting::limited);
  const std::string fresh = "<JB_submission_time>2026-11-27T00:46:10</JB_submission_time>";
  CHECK(only_ge_group(k_passed_over + fresh, context).waiting == Waiting::eligible);
}

TEST_CASE("queue: more is asked of the first arrays and passed-over jobs only, the others are counted all the same") {
  batch::gridengine::QueueBuilder builder({.all_ids = false, .now = TimePoint{Seconds{k_ge_now}}});
  std::string jobs;
  constexpr int k_jobs = 300;
  for (int i = 1; i <= k_jobs; ++i) jobs += ge_job(i, "<tasks>1-10:1</tasks>");
  REQUIRE(builder.feed(ge_document(jobs)));
  REQUIRE(builder.end());
  CHECK(builder.wants_details().size() == batch::gridengine::k_details_max);
  const auto queue = builder.finish(ge_context());
  REQUIRE(queue.waiting.size() == 1);
  CHECK(queue.waiting.front().count == 10 * k_jobs);
  CHECK(queue.waiting.front().ids.size() == core::k_job_ids_per_shape);
}

TEST_CASE("queue: a job that was sent to a host while the list was made is on that host") {
  const auto queue =
      read_ge_queue(ge_document(ge_job(4, state("t") + "<queue_name>all.q@n9</queue_name>")), ge_context());
  REQUIRE(queue);
  CHECK(queue->waiting.empty());
  CHECK(queue->running.at({"n9"}) == std::vector<core::JobId>{{"4"}});
}

TEST_CASE("queue: names with %lt; and entities, and hostile ones, change nothing") {
  CHECK(only_ge_group("<JB_name>odd&amp;%lt;name&gt;</JB_name>").count == 1);
  CHECK_FALSE(read_ge_queue(ge_document(ge_job(1, "<JB_name></job_list><job_list>")), ge_context()));
  CHECK_FALSE(read_ge_queue(ge_document(ge_job(1, "<job_list>")), ge_context()));
}

TEST_CASE("queue: what is no list of jobs is told") {
  const auto context = ge_context();
  for (const char* text :
       {"", "\n", "<html><body>x</body></html>", "error: commlib error\n", "<?xml version='1.0'?>\n", "<job_info/>",
        "<job_info><queue_info></queue_info></job_info>", "<qhost></qhost>", "<!DOCTYPE x><job_info></job_info>"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(read_ge_queue(text, context));
  }
  CHECK(read_ge_queue(ge_document(""), context)->waiting.empty());
  CHECK_FALSE(read_ge_queue(ge_document("") + "x", context));
  for (const char* element : {"<JAT_prio>x</JAT_prio>", "<JB_submission_time>now</JB_submission_time>"})
    CHECK_FALSE(read_ge_queue(ge_document(ge_job(1, element)), context));
  CHECK_FALSE(read_ge_queue(ge_document("<job_list><JB_job_number>x</JB_job_number></job_list>"), context));
}

TEST_SUITE_END();
