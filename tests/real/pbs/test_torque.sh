#!/bin/bash
# TORQUE: jobs of five shapes wait, exactly the right nodes rise, jobs run, nodes are held, ended and removed.
dialect=torque
. "$(dirname "$0")/lib.sh"
pbs_up
config_local
. "$here/stories.sh"
submit() { (cd "$work" && run qsub -o /dev/null -e /dev/null "$@"); }
sleeping() { local seconds=$1; shift; echo "sleep $seconds" | submit "$@"; }
one() { sleeping 4 -l nodes=1; }                        # one CPU
two_nodes() { sleeping 4 -l nodes=2:ppn=2; }            # two nodes at once
large() { sleeping 4 -l nodes=1:ppn=6,mem=8gb; }        # only the large pool
gpu() { sleeping 4 -l nodes=1:ppn=1:gpus=1; }           # GPUs
featured() { sleeping 4 -l nodes=1:ppn=1:CLOUD:big; }   # a property of one pool
long_one() { sleeping 600 -l nodes=1:ppn=2; }
never() {
  sleeping 1 -l nodes=1:ppn=64
  sleeping 1 -l nodes=1:ppn=1,mem=999gb
  sleeping 1 -l nodes=1:ppn=1:nosuch
}
other_queue() { run qmgr -c 'create queue special queue_type=Execution,enabled=True,started=True' && sleeping 1 -q special; }
held() { sleeping 1 -h; }
dependent() { sleeping 1 -W "depend=afterok:$1"; }
deferred() { sleeping 1 -a 209912312359; }
limited_array() { sleeping 2 -t '0-5%1'; }

refused_at_qsub() { ! sleeping 1 -l nodes=1:ppn=64 >/dev/null 2>&1; }
if ! real; then
  # Unless a queue is in transit, TORQUE refuses jobs that no present node can run.
  run qmgr -c 'set queue batch is_transit=False'
  check "an infeasible job is refused at qsub" refused_at_qsub
  run qmgr -c 'set queue batch is_transit=True'
fi
stories
exit $failed
