#!/bin/bash
# Bursting, on a real Slurm: jobs for the machines at home or the cloud (`-p home,cloud`) wait while home is full, and the pool of the cloud's
# partition serves them; one that fits at home makes none, and a job of two nodes is never counted on one of each.
. "$(dirname "$0")/lib.sh"
slurm_up SLURM_TEST_EXTRA="NodeSet=nshome Feature=home
PartitionName=home Nodes=nshome MaxTime=INFINITE DefaultTime=60 State=UP
NodeSet=nsaway Feature=away
PartitionName=away Nodes=nsaway MaxTime=INFINITE DefaultTime=60 State=UP"
config_local
set_key idle_time '"1h"'
sed -i 's|^batch = "slurm"|&|; s|^\[batch.env\]|[batch]\nqueues = ["away"]\n\n&|' "$TIDE_CONFIG"
sed -n '/^\[pools.small\]/,$p' "$TIDE_CONFIG" | sed 's/pools.small/pools.home/' >"$work/pool.home"
printf 'queues = ["away"]\nfeatures = ["away"]\n' >>"$TIDE_CONFIG"
{ cat "$work/pool.home"; printf 'queues = ["home"]\nfeatures = ["home"]\nmax = 1\n'; } >>"$TIDE_CONFIG"

exits 0 tide launch home
check "a node at home is idle" until_true 60 sh -c "[ \"\$('$build/tide' info --json | grep -c '\"phase\": \"idle\"')\" = 1 ]"
exits 0 tide placeholders
pass
first=$(submit -p home,away -n 2 --wrap 'sleep 300')
check "the first job runs at home" until_true 30 job_is "$first" RUNNING
second=$(submit -p home,away -n 2 --wrap 'sleep 300')
sleep 1
exits 0 tide explain "$second"
says 'home,away'
pass
check "the second has a machine of the cloud" until_true 60 job_is "$second" RUNNING
same "it runs away" away "$(squeue -h -j "$second" -o %P)"
same "one machine was launched for it" 1 "$(query "sum(1 for w in d['workers'] if w['ours'] and w['pool'] == 'small' and w['instance'])")"
wide=$(submit -p home,away -N 2 -n 2 --wrap 'sleep 300')
scancel "$first"
until_true 30 sh -c "[ -z \"\$(squeue -h -j $first)\" ]"
pass
check "both machines are launched: the node at home is in another partition" grep -q 'launch 2 machines of pool .small.*2 nodes in queue home,away' "$work/passes.log"
check "it runs on two nodes away" until_true 60 job_is "$wide" RUNNING
exit $failed
