#!/bin/bash
# An on-demand machine on EC2 (moto behind the strict gate) runs a job of a real Slurm, and a spot machine would be cheaper: near the end of
# its paid period (90 s here) a spot machine is bought, once that one serves the old one takes no new jobs, a job that needs it
# cancels that, and with its work done it ends in the last eighth of a period. No job is harmed.
. "$(dirname "$0")/lib.sh"
. "$here/ec2.sh"
slurm_up SLURM_TEST_SLURMD_TIMEOUT=300

config_ec2 <<CONF
[scale]
max_nodes = 2
idle_time = "1h"
boot_deadline = "600s"
max_end_per_pass = "100%"

[spot]
replace_below = 0.8

[pools.steady]
cloud = "aws"
image = "ami-12c6146b"
types = ["c5.large"]
slots = 2
memory = "1GiB"
price = 0.085
spot_pool = "cheap"
paid_period = "90s"
names = "{cluster}-{pool}-{n:02}"

[pools.cheap]
cloud = "aws"
image = "ami-12c6146b"
types = ["c5.large"]
market = "spot"
max_price = 0.05
slots = 2
memory = "1GiB"
names = "{cluster}-{pool}-{n:02}"
CONF
of_market() { # on-demand | spot: how many of it are live; moto has no filter for it
  local kind='!InstanceLifecycle'
  [ "$1" != spot ] || kind="InstanceLifecycle == 'spot'"
  aws describe-instances --filters Name=instance-state-name,Values=pending,running "Name=tag:tide:cluster,Values=$cluster" \
    --query "Reservations[].Instances[] | [?$kind].InstanceId" | wc -w
}
market_is() { [ "$(of_market "$1")" = "$2" ]; }
launched() { date -d "$(aws describe-instances --instance-ids "$1" --query 'Reservations[].Instances[].LaunchTime')" +%s; } # INSTANCE
not_held() { ! note_has "$1" 'tide: end'; }

# A person wanted an on-demand machine, and it is of use.
gate 'spot-price?type=c5.large&zone=us-east-1a&price=0.0200'
exits 0 tide launch steady -n 1
same "an on-demand machine is bought" 1 "$(of_market on-demand)"
steady=$cluster-steady-01 cheap=$cluster-cheap-01
join_node "$steady" any
job=$(submit -n1 --mem=200 --wrap 'sleep 600')
check "a job runs there" until_true 60 job_is "$job" RUNNING
instance=$(id_of "$steady")

# A spot machine costs a quarter of it: bought near the end of a period, not before; ready first, and only then the old one drains.
check "near the end of its paid period a spot machine is bought" until_true 110 market_is spot 1
left=$((90 - ($(date +%s) - $(launched "$instance")) % 90))
check "in the window for it (7/24 to 1/8 of the period are left; $left s were)" test $left -le 30 -a $left -ge 5
check "the old one takes jobs until that one is ready" not_held "$steady"
join_node "$cheap" any
check "it is ready first, and then the old one drains" until_true 120 note_has "$steady" 'tide: end replaced'
same "its job goes on" RUNNING "$(job_state "$job")"

# Demand returns: two slots of the spot machine, and one of the old one.
wide=$(submit -n2 --mem=200 -w "$cheap" --wrap 'sleep 600')
more=$(submit -n1 --mem=200 --wrap 'sleep 600')
check "demand takes the drain back" until_true 60 not_held "$steady"
check "and the job that came runs on the old one" until_true 30 job_is "$more" RUNNING
same "on the old one" "$steady" "$(node_of "$more")"
same "no third machine was bought" 1 "$(of_market spot)"

# Demand goes: it drains again at the end of a period, and ends empty in its last eighth.
scancel "$more" "$wide"
check "at the end of the next period it drains again" until_true 150 note_has "$steady" 'tide: end replaced'
same "its job was never harmed" RUNNING "$(job_state "$job")"
scancel "$job"
check "without jobs it ends" until_true 30 market_is on-demand 0
held=$(tide events --json | python3 -c "import json, sys; print([e['at'] for e in json.load(sys.stdin)['events'] if e['kind'] == 'hold'][-1])")
left=$((90 - ($(date -d "$held" +%s) - $(launched "$instance")) % 90))
check "it was held in the last eighth of its period ($left s were left)" test $left -le 12
same "the spot machine stays" 1 "$(of_market spot)"
check "its node is gone from Slurm" until_true 60 sh -c "! scontrol show node $steady >/dev/null 2>&1"
exit $failed
