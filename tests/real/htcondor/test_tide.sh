#!/bin/bash
# test_tide.sh BUILD_DIR: tide itself on a real HTCondor, with real startds as the local cloud's machines: jobs of five shapes
# raise exactly the nodes that they need, run, and the nodes go; nothing that fails or stops ends a busy one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=$(cd "${1:?build directory}" && pwd)
rig=$here/htcondor.sh
[ "$(id -u)" = 0 ] || { echo "HTCondor's daemons and the nodes' namespaces need root"; exit 77; }
[ -x "$build/tide" ] || { echo "no $build/tide: build it"; exit 1; }
"$rig" install || exit $?

work=$(mktemp -d /tmp/tide-condor.XXXXXX)
chmod 755 "$work"
unset CONDOR_CONFIG "${!_CONDOR_@}"
export TIDE_CONFIG=$work/tide.toml
pause=0.5
. "$root/tests/real/checks.sh"
. "$root/tests/support/serve.sh"
port=$(free_ports $((23000 + $$ % 4000 * 2)))
export CONDOR_TEST_PORT=$port

node_processes() { processes_with "NODE_DIR=/run/tide-node-$port"; }
end_all() {
  local code=$?
  trap - EXIT
  set +e
  end_machines
  "$rig" down "$work/c" >>"$work/rig.log" 2>&1
  leave $code
}
trap end_all EXIT

submit() { # LINES...
  { printf 'executable = /bin/sleep\narguments = %s\nlog = /dev/null\n' "${seconds:-900}"; printf '%s\n' "$@"; } |
    CONDOR_AS=alice "$work/c/bin/condor_submit" -terse | cut -d. -f1
}
state_of() { "$work/c/bin/condor_q" -allusers "$1" -af JobStatus | sort -u | tr -d '\n'; }
runs() { [ "$(state_of "$1")" = 2 ]; }
done_is() { [ -z "$(state_of "$1")" ]; }
host_of() { "$work/c/bin/condor_q" -allusers "$1" -af RemoteHost | sed 's/.*@//' | sort -u; }
starts_of() { "$work/c/bin/condor_q" -allusers "$1" -af NumShadowStarts; }
"$rig" up "$work/c" >>"$work/rig.log" 2>&1
cat >"$TIDE_CONFIG" <<EOF
[cluster]
name = "c$port"
batch = "htcondor"
head = "localhost"
state_dir = "$work/state"

[batch]
bin_dir = "$work/c/bin"
collector_warmup = "3s"
silent_after = "30s"
timeout = "10s"

[scale]
max_nodes = 8
idle_time = "3s"
boot_deadline = "60s"
max_end_per_pass = "100%"

[clouds.here]
kind = "local"
command = ["$root/examples/local/htcondor-node"]
addresses = "127.99.0.0/16"

[clouds.here.env]
CONDOR_ROOT = "$work/c/root"
CONDOR_CONFIG = "/etc/condor/common.conf"
CONDOR_DOMAIN = "tide.test"
NODE_DIR = "/run/tide-node-$port"

[pools.small]
cloud = "here"
slots = 2
memory = "2GiB"
price = 0.05
names = "{cluster}-{pool}-{n:02}"

[pools.fat]
cloud = "here"
slots = 8
memory = "64GiB"
features = ["big"]
price = 0.4
names = "{cluster}-{pool}-{n:02}"

[pools.gpu]
cloud = "here"
slots = 4
memory = "8GiB"
gpus = "2"
price = 0.9
names = "{cluster}-{pool}-{n:02}"
EOF
chmod 600 "$TIDE_CONFIG"
sleep 4

echo "== Jobs of five shapes, and those that no pool can serve"
# Each fills what it gets, so that it does not matter which of two free machines the negotiator takes.
a=$(seconds=30 submit 'requirements = TidePool == "small"' 'request_cpus = 2' 'request_memory = 400' 'queue 2')
b=$(seconds=30 submit 'requirements = stringListMember("big", TideFeatures)' 'request_cpus = 6' 'request_memory = 20000' queue)
c=$(seconds=30 submit 'request_gpus = 1' 'request_cpus = 2' 'request_memory = 200' 'queue 2')
d=$(seconds=30 submit 'requirements = stringListMember("big", TideFeatures)' 'request_cpus = 2' 'request_memory = 1000' queue)
e=$(seconds=30 submit 'requirements = TidePool == "small"' 'request_cpus = 2' 'request_memory = 1500' queue)
wide=$(submit 'request_cpus = 99' queue)
held=$(submit 'hold = true' 'request_cpus = 8' queue)
elsewhere=$(submit 'requirements = TidePool == "moon"' queue)
pass
same "one pass launches exactly what they need" 'fat gpu small small small' "$(pools)"
tide explain "$wide.0" >"$work/why" 2>&1 || true
check "explain says what fits nowhere" grep -q '99' "$work/why"
check "they all run" until_true 60 eval 'runs $a && runs $b && runs $c && runs $d && runs $e'
pass
same "and nothing more was launched" 'fat gpu small small small' "$(pools)"
same "busy nodes are busy" 'busy busy busy busy busy' "$(phases)"
check "they complete" until_true 60 eval 'done_is $a && done_is $b && done_is $c && done_is $d && done_is $e'
check "idle nodes are held, ended and gone" until_true 90 machines_are 0
same "those that no pool serves wait on" '1 1 5' "$(state_of "$wide") $(state_of "$elsewhere") $(state_of "$held")"

echo "== Nothing that fails ends a busy node"
job=$(seconds=600 submit 'request_memory = 300' 'job_lease_duration = 20' queue)
check "a job raises a node" until_true 60 runs "$job"
node=$(host_of "$job")
pass
starts=$(starts_of "$job")
"$rig" restart-collector "$work/c"
for _ in 1 2 3 4 5 6; do pass; sleep 1; done
same "a restarted collector: the node is there" 1 "$(machines)"
check "and its job runs on" runs "$job"
sed -i 's/^timeout = .*/timeout = "4s"/' "$TIDE_CONFIG"
for daemon in schedd collector; do
  pid=$("$rig" pid "$work/c" $daemon)
  kill -STOP "$pid"
  begin=$SECONDS
  exits 9 tide scale-once
  check "within the time-out" [ $((SECONDS - begin)) -le 15 ]
  kill -CONT "$pid"
done
sed -i 's/^timeout = .*/timeout = "10s"/' "$TIDE_CONFIG"
until_true 20 eval '[ "$(phases)" = busy ]' || true
same "no change" "1 busy" "$(machines) $(phases)"
same "and the job was never started anew" "$starts" "$(starts_of "$job")"
startd=$(for pid in $(node_processes); do [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != condor_startd ] || echo "$pid"; done)
check "its startd is found" [ -n "$startd" ]
kill -KILL "$startd"
for _ in 1 2 3 4 5; do pass; sleep 1; done
same "a killed startd: no machine was ended" 1 "$(machines)"

# Its shadow looks for the lost starter until the lease is over; only then does the schedd let go of the machine.
"$work/c/bin/condor_rm" "$job" >/dev/null
check "the schedd gives the job up" until_true 60 done_is "$job"

echo "== A person's drain is left alone; kill-node waits for the jobs"
job=$(seconds=600 submit 'request_memory = 310' queue)
check "another job runs" until_true 60 runs "$job"
node=$(host_of "$job")
until_true 20 eval '[ "$(phases)" = busy ]' || true
sleep 6
address=$("$work/c/bin/condor_status" -constraint "Machine == \"$node\" && PartitionableSlot =?= true" -af MyAddress)
"$work/c/bin/condor_drain" -graceful -reason 'new disk' "$address" >/dev/null 2>&1
check "a person's drain shows as held" until_true 15 eval '[ "$(phases)" = held ]'
"$work/c/bin/condor_drain" -cancel "$address" >/dev/null 2>&1
check "and is over when it is cancelled" until_true 15 eval '[ "$(phases)" = busy ]'
tide kill-node --yes --no-wait "$node" >>"$work/passes.log" 2>&1 || fail "kill-node --no-wait"
check "kill-node drains" until_true 20 eval '[ "$(phases)" = draining ]'
check "the job runs on" runs "$job"
"$work/c/bin/condor_rm" "$job" "$wide" "$elsewhere" "$held" >/dev/null
check "and the node goes with its job's end" until_true 60 machines_are 0
exit $failed
