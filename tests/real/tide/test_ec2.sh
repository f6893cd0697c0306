#!/bin/bash
# EC2 for real (moto behind the strict gate) and a real Slurm with waiting jobs: one pass launches exactly what fits, tagged
# and named in the launch call; a second launches nothing; nodes join, jobs run; when the queue empties nodes are held, ended
# in a later pass, then removed. Then kill -9 around each call, a wrong secret, capacity, and a cloud that fails.
. "$(dirname "$0")/lib.sh"
. "$here/ec2.sh"
slurm_up

config_small() {
  config_ec2 <<EOF
[scale]
max_nodes = 6
idle_time = "3s"
boot_deadline = "300s"
max_end_per_pass = "100%"

[pools.small]
cloud = "aws"
image = "ami-12c6146b"
types = ["c5.large", "m5.large"]
slots = 2
memory = "1GiB"
price = 0.09
names = "{cluster}-{pool}-{n:02}"
EOF
}
config_small
# The doctor asks whether machines may be launched and ended, and what the pool names is there; it starts none.
exits 0 tide doctor
says 'RunInstances is allowed'
says 'TerminateInstances is allowed'
sed 's/ami-12c6146b/ami-0missing/' "$TIDE_CONFIG" >"$work/missing.toml"
exits 6 tide doctor -q -c "$work/missing.toml"
says 'InvalidAMIID.NotFound'
same "the doctor started nothing" 0 "$(live)"

# One array of five two-slot tasks and one job of two nodes: seven machines fit, six may be had.
submit --array=0-4 -n2 --mem=200 --wrap 'sleep 600' >/dev/null
asked=$(calls RunInstances) # by the doctor
exits 0 tide scale-once
same "one pass launches exactly what fits" 5 "$(live)"
same "in one call" 1 "$(($(calls RunInstances) - asked))"
tags=$(aws describe-instances --query 'Reservations[].Instances[0].Tags[].[Key,Value]' | sort)
for tag in "tide:cluster	$cluster" "tide:pool	small" "tide:names	$cluster-small-\[01-05\]" "tide:owner	" "tide:intent	" "tide:template	"; do
  check "tagged in the launch call: $tag" grep -q "$tag" <<<"$tags"
done
same "no CreateTags was needed" 0 "$(calls CreateTags)"
exits 0 tide scale-once
same "a second pass launches nothing" 5 "$(live)"
same "Slurm has the five nodes, held" 5 "$(sinfo -hN -o %N | sort -u | wc -l)"

# The machines boot.
check "tide told Slurm the addresses that EC2 gave" grep -q 'NodeAddr=10\.' <(scontrol show node)
for n in 1 2 3 4 5; do start_node "$cluster-small-0$n" small; done
check "five tasks run" until_true 60 jobs_run 5
scancel --user=root
check "when the queue empties, nodes are held" until_true 40 some_note_has 'tide: end idle'
held=$(live)
check "held first, ended in a later pass" test "$held" -gt 0
check "then ended" until_true 40 sh -c "[ \"\$('$build/tide' info --json | grep -c '\"phase\": \"\\(idle\\|drained\\|draining\\|busy\\)\"')\" = 0 ]"
same "EC2 has none that runs" 0 "$(live)"
for n in 1 2 3 4 5; do stop_node "$cluster-small-0$n"; done
check "and their nodes are out of Slurm" until_true 60 no_node

# kill -9 at each step of a launching pass, then run again: exactly the wanted machines.
submit -N2 -n4 --mem=200 --wrap 'sleep 600' >/dev/null
for step in $(seq 1 30); do
  rm -rf "$work/state"
  cluster_now=c$step$cluster
  sed -i "s|^name = .*|name = \"$cluster_now\"|" "$TIDE_CONFIG"
  code=0
  { "$build/tide-crash" "$step" scale-once >>"$work/passes.log" 2>&1 </dev/null || code=$?; } 2>/dev/null
  passes 2 0
  found=$(aws describe-instances --filters Name=instance-state-name,Values=pending,running "Name=tag:tide:cluster,Values=$cluster_now" --query 'Reservations[].Instances[].InstanceId' | wc -w)
  same "killed at step $step (exit $code), then two passes: two machines" 2 "$found"
  for node in $(sinfo -hN -o %N | sort -u); do scontrol delete nodename="$node" >/dev/null 2>&1 || true; done
  [ $code = 137 ] || break
done
check "all steps of a pass were tried ($step)" test "$code" = 0

# The store deleted, and yesterday's put back, under two live machines: none doubled, none ended.
scancel --user=root
rm -rf "$work/state"
cluster=old$cluster
sed -i "s|^name = .*|name = \"$cluster\"|" "$TIDE_CONFIG"
exits 0 tide scale-once
same "an empty queue launches nothing" 0 "$(live)"
cp "$work/state/tide.db" "$work/yesterday.db"
job=$(submit -N2 -n4 --mem=200 --wrap 'sleep 600')
exits 0 tide scale-once
same "two machines for today's job" 2 "$(live)"
rm -f "$work"/state/tide.db*
passes 3 1
same "with the store deleted: none doubled, none launched that they can serve" 2 "$(live)"
exits 0 tide scale-once
says 'nothing is ended by rule'
rm -f "$work"/state/tide.db*
cp "$work/yesterday.db" "$work/state/tide.db"
passes 3 1
same "with yesterday's put back: the same" 2 "$(live)"
scancel "$job"
passes 3 2
same "and none is ended while the rebuild lasts" 2 "$(live)"
cluster=${cluster#old}
submit -N2 -n4 --mem=200 --wrap 'sleep 600' >/dev/null

# The answer lost after EC2 did the work: the listing shows what came of it.
rm -rf "$work/state"
sed -i "s|^name = .*|name = \"lost$cluster\"|" "$TIDE_CONFIG"
gate "fail?n=9&mode=drop&after=1&action=RunInstances"
exits 6 tide scale-once
gate reset 2>/dev/null || true
sed -i "s|^idle_time.*|idle_time = \"1h\"|" "$TIDE_CONFIG"
passes 2 0
cluster=lost$cluster
same "a lost answer doubles nothing" 2 "$(live)"
scancel --user=root

# A wrong secret: 7, and the hint names where the credential came from.
sed 's/^aws_secret_access_key.*/aws_secret_access_key = wrong/' "$work/moto/credentials" >"$work/wrong"
chmod 600 "$work/wrong"
sed -i "s|^credentials_file.*|credentials_file = \"$work/wrong\"|" "$TIDE_CONFIG"
exits 7 tide scale-once
says "$work/wrong"
sed -i "s|^credentials_file.*|credentials_file = \"$work/moto/credentials\"|" "$TIDE_CONFIG"

# A cloud that cannot be read: 6, and nothing of it is ended or launched.
before=$(live)
for how in html truncate drop "hang&s=3"; do
  gate "fail?n=9&mode=$how&action=DescribeInstances"
  exits 6 tide scale-once
  gate "reset"
done
same "nothing was ended or launched" "$before" "$(live)"

# No capacity anywhere: a person's launch is told 8.
gate "capacity?n=0"
exits 8 tide launch small -n 1
gate "capacity"

# Types fall back in the same pass, and what was full is told with its end.
sed -i "s|^max_nodes.*|max_nodes = 40|" "$TIDE_CONFIG"
fresh() { # NAME: a cluster of its own, with nothing remembered
  rm -rf "$work/state"
  cluster=$1$base
  sed -i "s|^name = .*|name = \"$cluster\"|" "$TIDE_CONFIG"
  gate reset
}
base=$cluster
types() { aws describe-instances --filters Name=instance-state-name,Values=pending,running "Name=tag:tide:cluster,Values=$cluster" --query 'Reservations[].Instances[].InstanceType' | tr '\t' '\n' | sort | uniq -c | xargs; }
fresh full
gate "refuse?what=c5.large&code=InsufficientInstanceCapacity&status=500"
exits 0 tide launch small -n 3
same "the second type came, in the same pass" "3 m5.large" "$(types)"
same "in two calls" 2 "$(calls RunInstances)"
tide explain small >"$work/explained" || true
check "explain tells what is full, and until when" grep -Eq 'c5\.large: no capacity until ([-0-9]+T)?[0-9:]+Z' "$work/explained"
gate reset
exits 0 tide launch small -n 1
same "and does not ask for it again meanwhile" 1 "$(calls RunInstances)"

# Of five, two are there: the rest comes of the next type.
fresh part
gate "capacity?n=2"
exits 4 tide launch small -n 5
says '2 of 5 came'
same "what was there came" "2 c5.large" "$(types)"

# A type that is not offered: the next one, and a day's rest.
fresh never
gate "refuse?what=c5.large&code=Unsupported"
exits 0 tide launch small -n 1
same "the offered type came" "1 m5.large" "$(types)"
tide explain small >"$work/explained" || true
check "not offered, told with its end" grep -q 'c5.large: not offered' "$work/explained"

# The quota counts both types: one call, told once with the quota's name, no second call in the next pass.
fresh quota
gate "refuse?what=c5.large&code=VcpuLimitExceeded"
exits 8 tide launch small -n 1
says 'Running On-Demand Standard'
same "no other type of the same quota was asked for" 1 "$(calls RunInstances)"
exits 8 tide launch small -n 1
same "nor was it asked again" 1 "$(calls RunInstances)"

# No addresses left in a subnet: any type goes to the other one.
fresh subnet
first=$(aws create-subnet --vpc-id "$(aws describe-vpcs --query 'Vpcs[0].VpcId')" --cidr-block 172.31.112.0/24 --query Subnet.SubnetId)
second=$(aws create-subnet --vpc-id "$(aws describe-vpcs --query 'Vpcs[0].VpcId')" --cidr-block 172.31.113.0/24 --query Subnet.SubnetId)
echo "subnets = [\"$first\", \"$second\"]" >>"$TIDE_CONFIG"
gate "refuse?what=$first&code=InsufficientFreeAddressesInSubnet"
exits 0 tide launch small -n 2
same "in the other subnet" "$second $second" "$(aws describe-instances --filters "Name=tag:tide:cluster,Values=$cluster" --query 'Reservations[].Instances[].SubnetId' | xargs)"
same "by the second call" 2 "$(calls RunInstances)"
gate "refuse?what=$first&code=InsufficientFreeAddressesInSubnet"
tide explain small >"$work/explained" || true
check "the subnet is told, not the type" grep -q "$first: no room until" "$work/explained"
sed -i '/^subnets = /d' "$TIDE_CONFIG"

# Throttled is never taken for capacity.
fresh slow
gate "fail?n=9&status=503&code=RequestLimitExceeded&action=RunInstances"
code=0
tide launch small -n 1 >"$work/out" 2>"$work/err" || code=$?
check "throttled: the cloud's failure ($code)" test "$code" = 6
tide explain small >"$work/explained" || true
check "and no capacity is remembered" sh -c "! grep -q 'no capacity' '$work/explained'"

# Sizes that the cloud tells: no slots, no memory in the pool.
fresh size
sed -i '/^slots = /d; /^memory = /d' "$TIDE_CONFIG"
exits 0 tide config check --ask-clouds
says 'offers 2 slots'
exits 0 tide launch small -n 1
same "what types offer was looked up" 2 "$(calls DescribeInstanceTypes)"
exits 0 tide launch small -n 1
same "and is known from then on" 2 "$(calls DescribeInstanceTypes)"
sed -i 's|^types = .*|types = ["c5.large", "m5.large"]\nslots = 4|' "$TIDE_CONFIG"
exits 3 tide config check --ask-clouds
says "'c5.large' has 2 slots, fewer than slots = 4"
exit $failed
