#!/bin/bash
# Machines on EC2 (moto behind the strict gate) that are stopped instead of ended, and a real Slurm: once idle one stops and the
# other ends; the stopped one's node leaves Slurm; the next job starts it again, under its name, before a new one is
# launched; without room for it a new one comes; and once the pool keeps none, it ends.
. "$(dirname "$0")/lib.sh"
. "$here/ec2.sh"
slurm_up

config_ec2 <<EOF
[scale]
max_nodes = 4
idle_time = "3s"
boot_deadline = "300s"
max_end_per_pass = "100%"

[pools.small]
cloud = "aws"
image = "ami-12c6146b"
types = ["c5.large"]
slots = 2
memory = "1GiB"
price = 0.09
keep_stopped = 1
names = "{cluster}-{pool}-{n:02}"
EOF
exits 0 tide doctor
says 'StopInstances'
first=$cluster-small-01 second=$cluster-small-02

job=$(submit --array=0-1 -n2 --mem=200 --wrap 'sleep 600')
exits 0 tide scale-once
same "two machines for two jobs" 2 "$(live)"
join_node "$first" small
join_node "$second" small
check "both run" until_true 60 jobs_run 2
scancel "$job"
check "idle: none is left running" until_true 60 live_is 0
for node in "$first" "$second"; do stop_node "$node"; done
kept=$(in_state stopped)
same "one is stopped" 1 "$(wc -w <<<"$kept")"
same "the other ended" 1 "$(in_state terminated | wc -w)"
check "their nodes are out of Slurm" until_true 60 no_node
same "tide tells it" stopped "$(query "' '.join(w['phase'] for w in d['workers'] if w['instance'] == '$kept')")"
node=$(query "''.join(w['node'] for w in d['workers'] if w['instance'] == '$kept')")
passes 3 0
same "and it stays so" "$kept" "$(in_state stopped)"

launches=$(calls RunInstances) starts=$(calls StartInstances) # the doctor's among them
job=$(submit -n2 --mem=200 --wrap 'sleep 600')
exits 0 tide scale-once
says "start stopped 1 machine of pool 'small' as $node"
same "the next job starts it again" "$kept" "$(in_state pending,running)"
same "and launches nothing" "$launches" "$(calls RunInstances)"
exits 0 tide scale-once
same "once" 1 "$(($(calls StartInstances) - starts))"
join_node "$node" small
check "the job runs there" until_true 60 job_is "$job" RUNNING
scancel "$job"
check "and it stops again" until_true 60 live_is 0
stop_node "$node"
check "its node is out again" until_true 60 no_node

# The answer lost after EC2 started it: the next pass sees it run, and buys nothing beside it.
gate "fail?n=9&mode=drop&after=1&action=StartInstances"
job=$(submit -n2 --mem=200 --wrap 'sleep 600')
exits 6 tide scale-once
gate reset
passes 2 0
same "a lost answer doubles nothing" "$kept" "$(in_state pending,running)"
same "nor launches" 0 "$(calls RunInstances)"
scancel "$job"
join_node "$node" small
check "it stops once more" until_true 90 live_is 0
stop_node "$node"
check "and leaves Slurm" until_true 60 no_node

# No room for it: the job gets a new machine.
gate "fail?n=9&status=500&code=InsufficientInstanceCapacity&action=StartInstances"
job=$(submit -n2 --mem=200 --wrap 'sleep 600')
exits 8 tide scale-once
gate reset
exits 0 tide scale-once
same "without room for it, a new one comes" 1 "$(live)"
same "and it stays stopped" "$kept" "$(in_state stopped)"
scancel "$job"

# A person ends it by name; or the pool keeps none any more.
sed -i 's/^keep_stopped = 1/keep_stopped = 0/' "$TIDE_CONFIG"
none_stopped() { [ -z "$(in_state stopped)" ]; }
check "the pool keeps none any more: it ends" until_true 20 none_stopped
exit $failed
