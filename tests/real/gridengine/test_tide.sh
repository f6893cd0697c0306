#!/bin/bash
# test_tide.sh BUILD_DIR: tide itself on a real Grid Engine, with real execds as the local cloud's machines: on a cluster of
# none, jobs of several shapes raise exactly the nodes that they need, run, and the nodes go; tide is killed on the way.
export GE_TEST_FEATURES="small fat accel big" GE_TEST_UNHEARD=00:00:08
. "$(dirname "$0")/lib.sh"
[ -x "$build/tide" ] || { echo "no $build/tide: build it"; exit 1; }
export TIDE_CONFIG=$work/tide.toml
pause=0.5
. "$root/tests/real/checks.sh"
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND"; tail -n 40 "$work/passes.log"' ERR
set -E
step() { echo "== $* ($SECONDS s)"; }

cat >"$TIDE_CONFIG" <<EOF
[cluster]
name = "ge"
batch = "gridengine"
head = "gehead"
state_dir = "$work/state"

[batch]
bin_dir = "$programs"
timeout = "10s"

[batch.env]
SGE_ROOT = "$SGE_ROOT"
SGE_CELL = "default"
SGE_QMASTER_PORT = "6444"
SGE_EXECD_PORT = "6445"

[names]
method = "hosts"
file = "/etc/hosts"

[scale]
max_nodes = 8
idle_time = "3s"
boot_deadline = "60s"
max_end_per_pass = "100%"

[clouds.here]
kind = "local"
command = ["$root/examples/local/gridengine-node"]
addresses = "10.98.128.0/17"
grace = "5s"

[clouds.here.env]
GE_BRIDGE = "br0"
SGE_ROOT = "$SGE_ROOT"
NODE_DIR = "$ge/spool/execd"

[pools.small]
cloud = "here"
slots = 2
memory = "1GiB"
price = 0.05
names = "{cluster}-{pool}-{n:02}"

[pools.fat]
cloud = "here"
slots = 8
memory = "4GiB"
features = ["big"]
price = 0.4
names = "{cluster}-{pool}-{n:02}"

[pools.accel]
cloud = "here"
slots = 4
memory = "2GiB"
gpus = "2"
price = 0.9
names = "{cluster}-{pool}-{n:02}"
EOF
chmod 600 "$TIDE_CONFIG"
runs() { job_is "$1" r; }
done_is() { [ -z "$(job_state "$1")" ]; }

step "A cluster of no nodes: placeholders make jobs acceptable"
check "without one, qsub refuses a queue" eval '! submit -q all.q 2>"$work/refused"'
exits 0 tide placeholders --yes
same "none of them is a machine" 0 "$(machines)"
pass
same "and none starts any" '' "$(phases)"

step "Jobs of five shapes, and those that make no demand"
# Each fills what it gets, so that it does not matter which of two free machines the scheduler takes. (mpi would not do: its
# rule is $round_robin, a slot of each machine.)
a=$(seconds=30 submit -q all.q -pe smp 2 -l small -l h_vmem=400M)
b=$(seconds=30 submit -pe smp 2 -l small -l h_vmem=400M)
c=$(seconds=30 submit -pe smp 6 -l big -l h_vmem=500M)
d=$(seconds=30 submit -t 1-2 -l gpu=1 -l accel -l h_vmem=500M)
e=$(seconds=30 submit -pe fill 4 -l small -l h_vmem=300M)
wide=$(submit -pe smp 99)
held=$(submit -h -pe smp 8)
dependent=$(submit -hold_jid "$held" -pe smp 8)
later=$(submit -a 203001010000 -pe smp 8)
pass
same "one pass launches exactly what they need" 'accel fat small small small small' "$(pools)"
tide explain "$wide" >"$work/why" 2>&1 || true
check "explain says what fits nowhere" grep -q 99 "$work/why"
check "they all run" until_true 60 eval 'runs $a && runs $b && runs $c && runs $d && runs $e'
pass
same "and nothing more was launched" 'accel fat small small small small' "$(pools)"
same "busy nodes are busy" 'busy busy busy busy busy busy' "$(phases)"
# An execd on a busy machine may tell of its jobs' end only when it looks again, a minute later.
check "they complete" until_true 120 eval 'done_is $a && done_is $b && done_is $c && done_is $d && done_is $e'
for job in "$a" "$b" "$c" "$d" "$e"; do check "job $job ended by itself" until_true 30 ended_well "$job"; done
check "idle nodes are held, ended and gone" until_true 60 machines_are 0
check "and so are their entries" until_true 20 eval '[ "$(qconf -sel | grep -vc placeholder)" = 0 ]'
same "the others wait on" 'qw hqw hqw qw' "$(job_state "$wide") $(job_state "$held") $(job_state "$dependent") $(job_state "$later")"
check "the table of names is clean" until_true 10 eval '! grep -qE " ge-(small|fat|accel)-[0-9]" /etc/hosts'
qdel "$wide" "$held" "$dependent" "$later" >/dev/null

step "Killed at any time, tide goes on where it was"
f=$(seconds=25 submit -pe smp 2 -l small)
g=$(seconds=25 submit -pe smp 8 -l big)
kills=0
for delay in 0.02 0.05 0.08 0.12 0.16 0.2 0.25 0.3 0.4 0.5; do
  "$build/tide" scale-once >>"$work/passes.log" 2>&1 &
  pid=$!
  sleep "$delay"
  if kill -KILL "$pid" 2>/dev/null; then kills=$((kills + 1)); fi
  wait "$pid" 2>/dev/null || true
done
check "passes were killed on the way" [ $kills -ge 3 ]
check "its jobs run" until_true 90 eval 'runs $f && runs $g'
same "on exactly the machines that they need" 'fat small' "$(pools)"
# And once more while they end and are taken out.
end=$((SECONDS + 180))
until done_is "$f" && done_is "$g" && [ "$(machines)" = 0 ]; do
  [ $SECONDS -lt $end ] || { fail "the nodes do not go"; break; }
  "$build/tide" scale-once >>"$work/passes.log" 2>&1 &
  pid=$!
  sleep 0.$((RANDOM % 9 + 1))
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  pass
done
check "job $f ended by itself" until_true 10 ended_well "$f"
check "job $g ended by itself" until_true 10 ended_well "$g"
check "no entry is left" until_true 20 eval '[ "$(qconf -sel | grep -vc placeholder)" = 0 ]'

step "Nothing that fails ends a busy node"
job=$(seconds=901 submit -pe smp 2 -l small)
check "a job raises a node" until_true 60 runs "$job"
node=$(host_of "$job")
check "it is busy" until_true 10 eval '[ "$(phases)" = busy ]'
before=$(began "$job")
sed -i 's/^timeout = .*/timeout = "3s"/' "$TIDE_CONFIG"
qmaster=$("$rig" pid "$ge")
kill -STOP "$qmaster"
begin=$SECONDS
exits 9 tide scale-once
check "a stopped qmaster is told within the time-out" [ $((SECONDS - begin)) -le 15 ]
kill -CONT "$qmaster"
rig stop-qmaster "$ge" KILL
exits 9 tide scale-once
rig start-qmaster "$ge"
passes 4
same "a restarted one: the node is there" "$node" "$(host_of "$job")"
same "no change" 1 "$(machines)"
check "its job runs on" runs "$job"
pkill -KILL -x sge_execd # of this head's processes: it sees no others (lib.sh)
passes 6 1
same "a killed execd: no machine was ended" 1 "$(machines)"
same "and the job was never started anew" "$before" "$(began "$job")"

step "A person's hold is left alone; kill-node waits for the jobs"
check "its execd is back" until_true 30 eval '[ "$(phases)" = busy ]'
qmod -d "*@$node" >/dev/null
check "a person's hold shows as held" until_true 15 eval '[ "$(phases)" = held ]'
qmod -e "*@$node" >/dev/null
check "and is over when it is lifted" until_true 15 eval '[ "$(phases)" = busy ]'
tide kill-node --yes --no-wait "$node" >>"$work/passes.log" 2>&1 || fail "kill-node --no-wait"
check "kill-node drains" until_true 20 eval '[ "$(phases)" = draining ]'
check "the job runs on" runs "$job"
# A new execd looks only once a minute whether a job which it found running has ended (OLD_JOB_INTERVAL).
pkill -xf 'sleep 901' # here, too
check "and the node goes with its job's end" until_true 120 machines_are 0
exit $failed
