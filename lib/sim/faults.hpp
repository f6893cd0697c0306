#pragma once

#include <tide/util/clock.hpp>

namespace tide::sim {

// What goes wrong in one story, and how often: per mille of each call, or of each minute for what happens by itself.
struct Faults {
  // clouds, a call
  int list_fails = 0;
  int list_omits = 0;   // a machine is left out for a while
  Seconds list_lag{0};  // at most: a new machine is listed that late
  int launch_throttled = 0;
  int launch_without_capacity = 0;
  int launch_over_quota = 0;
  int launch_lost_before = 0;  // no reply, nothing done
  int launch_lost_after = 0;   // no reply, done
  int launch_partial = 0;
  int launch_lands_late = 0;  // no reply, done up to two minutes later; only where launches are listed
  int terminate_fails = 0;
  int terminate_lost_after = 0;
  // machines, each
  int never_boots = 0;
  int undersized = 0;
  int fails = 0;         // the cloud says error, at its start
  int boots_slowly = 0;  // later than boot_deadline
  // machines, a minute
  int dies = 0;
  int errs_later = 0;    // the cloud says error of one that runs
  int interrupts = 0;    // the cloud takes a spot machine back
  int impairs = 0;       // its checks call one impaired, or healthy again; or it plans one's retirement
  int health_fails = 0;  // a call
  // the batch system, a call
  int read_fails = 0;
  int nodes_omitted = 0;   // a reading names too few nodes, without any error
  int jobs_omitted = 0;    // likewise running jobs; the nodes' counters still show them
  int counters_stale = 0;  // nodes seem unused; the job list still names them
  int change_fails = 0;
  int change_lost_after = 0;  // done, and an error all the same
  // the batch system, a minute
  int node_silent = 0;
  int all_silent = 0;
  int daemon_restarts = 0;  // one registers again
  int state_lost = 0;       // comes back from a copy later
  int restarts = 0;
  // persons, a minute
  int person_holds = 0;
  int person_releases = 0;  // tide's hold
  int wishes = 0;
  // the head, a pass
  int crash = 0;
  int store_fails = 0;
  int clock_steps = 0;
  int reboots = 0;
  int store_deleted = 0;
  int store_put_back = 0;
  int long_gap = 0;
};

}  // namespace tide::sim
