#!/bin/bash
# Spot machines and health on EC2 (moto behind the strict gate) and a real Slurm: a price over the cap is not bought; a notice holds
# the node and replaces the machine at once; once EC2 ended it, its job waits again at once; a machine that is to be retired is held
# with its job, and ends after it; a protected machine is told once.
. "$(dirname "$0")/lib.sh"
. "$here/ec2.sh"
slurm_up SLURM_TEST_SLURMD_TIMEOUT=300

config_ec2 <<CONF
[scale]
max_nodes = 6
idle_time = "1h"
boot_deadline = "600s"
max_end_per_pass = "100%"

[pools.cheap]
cloud = "aws"
image = "ami-12c6146b"
types = ["c5.large"]
market = "spot"
max_price = 0.05
slots = 2
memory = "1GiB"
price = 0.05
names = "{cluster}-{pool}-{n:02}"
CONF

# Over the cap: not bought, and told with the price and the cap.
gate 'spot-price?type=c5.large&zone=us-east-1a&price=0.0612'
job=$(submit --requeue -n2 --mem=200 --wrap 'sleep 600')
exits 0 tide -v scale-once
same "a price over the cap is not bought" 0 "$(live)"
says '0\.0612.*max_price is 0\.05'
exits 11 tide launch cheap -n 1
same "not even for a person" 0 "$(live)"

# Below it: bought, as a spot machine, at that price.
rm -rf "$work/state"
gate 'spot-price?type=c5.large&zone=us-east-1a&price=0.0312'
exits 0 tide scale-once
same "a price below the cap is bought" 1 "$(live)"
same "as a spot machine" spot "$(aws describe-instances --query 'Reservations[].Instances[].InstanceLifecycle')"
first=$cluster-cheap-01
join_node "$first" cheap
check "the job runs there" until_true 60 job_is "$job" RUNNING
same "a pass without changes asks for nothing but the machines" 2 "$(calls DescribeSpotPriceHistory)"

# EC2's notice: held, replaced in the same pass, and the job still runs.
gate "machine?id=$(id_of "$first")&notice=marked-for-termination"
submit -n2 --mem=200 --wrap 'sleep 600' >/dev/null
check "the notice holds the node" until_true 90 note_has "$first" 'tide: end interrupted'
same "its job goes on" RUNNING "$(job_state "$job")"
same "it is shown so" interrupted "$(phase_of "$first")"
check "another machine serves what waits" until_true 30 live_is 2
same "the interrupted machine is not ended while its job runs" 2 "$(live)"

# EC2 ends it: its job waits again at once, not after SlurmdTimeout, and is served anew.
aws terminate-instances --instance-ids "$(id_of "$first")" >/dev/null
stop_node "$first"
scontrol update nodename="$first" state=NoResp 2>/dev/null || true
check "its job waits again" until_true 150 sh -c "[ \"\$(squeue -h -j $job -o %T)\" != RUNNING ]"
check "and a machine comes for it" until_true 60 sh -c "[ \"\$('$build/tide' info --json | grep -c '\"phase\": \"\\(pending\\|booting\\)\"')\" -ge 1 ]"

# A node that gives notice itself (what examples/agent/spot-notice does).
second=$cluster-cheap-02
join_node "$second" cheap
check "the second machine serves" until_true 60 sh -c "[ \"\$('$build/tide' info --json | grep -c '\"phase\": \"busy\"')\" -ge 1 ]"
scontrol update nodename="$second" state=drain reason='tide: interrupted 2026-11-25T17:18:00Z'
pass
same "its own notice counts" interrupted "$(phase_of "$second")"
scancel --user=root
check "and it ends once empty" until_true 60 sh -c "! scontrol show node $second >/dev/null 2>&1"
exit $failed
