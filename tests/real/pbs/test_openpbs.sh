#!/bin/bash
# OpenPBS: jobs of five shapes wait, exactly the right nodes rise, jobs run, nodes are held, ended and removed.
dialect=openpbs
. "$(dirname "$0")/lib.sh"
pbs_up
run qmgr -c 'create resource tide_features type=string_array,flag=h'
run qmgr -c 'create resource CLOUD type=boolean,flag=h'
run qmgr -c 'create resource ngpus type=long,flag=nh'
config_local
. "$here/stories.sh"
submit() { (cd "$work" && run qsub -o /dev/null -e /dev/null "$@"); }
sleeping() { local seconds=$1; shift; submit "$@" -- /bin/sleep "$seconds"; }
one() { sleeping 4 -l select=1:ncpus=1; }                                   # one CPU
two_nodes() { sleeping 4 -l select=2:ncpus=2 -l place=scatter; }            # two nodes at once
large() { sleeping 4 -l select=1:ncpus=6:mem=8gb; }                         # only the large pool
gpu() { sleeping 4 -l select=1:ncpus=1:ngpus=1; }                           # GPUs
featured() { sleeping 4 -l select=1:ncpus=1:CLOUD=True:tide_features=big; } # a feature of one pool
long_one() { sleeping 600 -l select=1:ncpus=2; }
never() {
  sleeping 1 -l select=1:ncpus=64
  sleeping 1 -l select=1:ncpus=1:mem=999gb
  sleeping 1 -l select=1:ncpus=1:tide_features=nosuch
}
other_queue() { run qmgr -c 'create queue special queue_type=Execution,enabled=True,started=True' && sleeping 1 -q special; }
held() { sleeping 1 -h; }
dependent() { sleeping 1 -W "depend=afterok:$1"; }
deferred() { sleeping 1 -a 209912312359; }
limited_array() { sleeping 2 -J '0-5%1'; }
stories
exit $failed
