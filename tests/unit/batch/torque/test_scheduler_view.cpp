// Maui's and Moab's outputs as their public reference and sites' pages show them; not recorded from a real one.
#include "support_torque.hpp"

#include <doctest/doctest.h>

using namespace tide;
using batch::torque::SchedulerView;
using core::Waiting;

TEST_SUITE_BEGIN("batch/torque/scheduler_view");

namespace {

const std::string k_maui =
    "ACTIVE JOBS--------------------\n"
    "JOBNAME            USERNAME      STATE  PROC   REMAINING            STARTTIME\n"
    "\n"
    "41                      ann    Running     8     2:57:32  Mon Sep  2 14:55:05\n"
    "\n"
    "     1 Active Job        8 of   16 Processors Active (50.00%)\n"
    "                         1 of    2 Nodes Active      (50.00%)\n"
    "\n"
    "IDLE JOBS----------------------\n"
    "JOBNAME            USERNAME      STATE  PROC     WCLIMIT            QUEUETIME\n"
    "\n"
    "42                      ann       Idle     4    10:00:00  Sun Sep 22 16:39:13\n"
    "43[2]                   bob       Idle     4    10:00:00  Sun Sep 22 16:39:13\n"
    "\n"
    "2 Idle Jobs\n"
    "\n"
    "BLOCKED JOBS----------------\n"
    "JOBNAME            USERNAME      STATE  PROC     WCLIMIT            QUEUETIME\n"
    "\n"
    "44                      bob       Idle     4    10:00:00  Sun Sep 22 16:39:13\n"
    "43[7]                   bob   UserHold     4    10:00:00  Sun Sep 22 16:39:13\n"
    "\n"
    "Total Jobs: 5   Active Jobs: 1   Idle Jobs: 2   Blocked Jobs: 2\n";

const std::string k_moab =
    "\nactive jobs------------------------\n"
    "JOBID              USERNAME      STATE PROCS   REMAINING            STARTTIME\n\n\n"
    "0 active jobs           0 of 3360 processors in use by local jobs (0.00%)\n"
    "                        153 of 168 nodes active (91.07%)\n\n"
    "eligible jobs----------------------\n"
    "JOBID              USERNAME      STATE PROCS     WCLIMIT            QUEUETIME\n\n"
    "442604             vsc20167       Idle    48  7:00:00:00  Sun Sep 22 16:39:13\n\n"
    "1 eligible job\n\n"
    "blocked jobs-----------------------\n"
    "JOBID              USERNAME      STATE PROCS     WCLIMIT            QUEUETIME\n\n"
    "442536             vsc20167   UserHold    40  3:00:00:00  Sun Sep 22 00:14:22\n\n"
    "1 blocked job\n\n"
    "Total jobs:  2\n\n";

const std::string k_priorities =
    "diagnosing job priority information (partition: ALL)\n"
    "\n"
    "Job                    PRIORITY*   Cred(  QOS)    FS(Accnt)  Serv(QTime)\n"
    "             Weights   --------       1(    1)     1(    1)     1(    1)\n"
    "\n"
    "42                         1321*    7.6(100.0)   0.2(  2.7)  92.2(1218.)\n"
    "43[2]                       235    42.6(100.0)   1.1(  2.7)  56.3(132.3)\n"
    "\n"
    "Percent Contribution   --------     0.9(  0.9)   0.4(  0.4)  98.7( 98.7)\n";

Result<SchedulerView> view_of(std::string_view showq, std::string_view priorities, std::size_t piece = 16) {
  SchedulerView view;
  for (std::size_t at = 0; at < showq.size(); at += piece) TIDE_TRY(view.feed_showq(showq.substr(at, piece)));
  TIDE_TRY(view.finish_showq());
  TIDE_TRY(view.read_priorities(priorities));
  return view;
}

}  // namespace

TEST_CASE("Maui: who is blocked, and in which order the others come") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100'000}}) {
    const auto view = view_of(k_maui, k_priorities, piece);
    if (!view) FAIL(view.error().message);
    CHECK(view->jobs() == 5);
    CHECK(view->blocks("44.head"));
    CHECK(view->blocks("43[7].head"));
    CHECK(!view->blocks("43[2].head"));
    CHECK(!view->blocks("42.head"));
    CHECK(!view->blocks("99.head"));
    CHECK(view->priority("42.head") == 1321);
    CHECK(view->priority("43[2].head") == 235);
    CHECK(!view->priority("44.head"));
  }
}

TEST_CASE("Moab: eligible jobs, and a sum alone") {
  const auto view = view_of(k_moab, "diagnosing job priority information (partition: ALL)\n\n");
  if (!view) FAIL(view.error().message);
  CHECK(view->blocks("442536.head"));
  CHECK(!view->blocks("442604.head"));
}

TEST_CASE("lists that are not whole are no reading") {
  for (std::size_t at = 0; at + 1 < k_maui.size(); ++at) {
    const std::string part = k_maui.substr(0, at);
    CAPTURE(at);
    CHECK(!view_of(part, k_priorities));
  }
  std::string fewer = k_maui;
  fewer.erase(fewer.find("44   "), fewer.find("43[7]") - fewer.find("44   "));
  CHECK(view_of(fewer, k_priorities).error().kind == ErrorKind::unproven);
  CHECK(!view_of("", k_priorities));
  CHECK(!view_of("ERROR:  cannot connect to server\n", k_priorities));
  CHECK(!view_of(k_maui, ""));
  CHECK(!view_of(k_maui, "ERROR:  not authorized\n"));
  CHECK(!view_of("STRANGE JOBS-----\n", k_priorities));
  CHECK(!view_of("ACTIVE JOBS----\n44 ann\n", k_priorities));
  CHECK(!view_of(std::string(100'000, 'x'), k_priorities));
}

TEST_CASE("blocked jobs make no demand; priorities are the scheduler's") {
  const auto view = view_of(k_maui, k_priorities).value();
  const std::string text = test::xml_queue(
      {test::xml_job("42.head"), test::xml_job("44.head"), test::xml_job("45.head"), test::xml_job("43[2].head"),
       test::xml_job("43[7].head"), test::xml_job("46.head", {{"job_state", "H"}, {"Hold_Types", "u"}})});
  const auto queue = test::read_queue(text, {.scheduler = &view}).value();
  CHECK(test::group_with(queue, "44.head").waiting == Waiting::limited);
  CHECK(test::group_with(queue, "43[7].head").reason == "blocked by the scheduler (showq)");
  CHECK(test::group_with(queue, "44.head").count == 2);
  CHECK(test::group_with(queue, "42.head").waiting == Waiting::eligible);
  CHECK(test::group_with(queue, "42.head").priority == 1321);
  CHECK(test::group_with(queue, "45.head").count == 3);  // newer than its last cycle: as TORQUE says
  CHECK(test::group_with(queue, "46.head").waiting == Waiting::held);
}

TEST_SUITE_END();
