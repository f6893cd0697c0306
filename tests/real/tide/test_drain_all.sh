#!/bin/bash
# A pool is renewed under running jobs, on a real Slurm: drain-all --outdated --replace, killed half-way and carried on by
# cron's passes; then drain and undrain of one node.
. "$(dirname "$0")/lib.sh"
slurm_up
config_local
set_key idle_time '"10m"'
echo 'image = "monday"' >>"$TIDE_CONFIG"

wait_for() { # SECONDS COMMAND...: looks only; no pass of this shell's own
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.3
  done
}

jobs=()
for i in 1 2; do jobs+=("$(submit -n2 --mem=200 --wrap 'sleep 90')"); done
check "two jobs run on two nodes" until_true 60 job_is "${jobs[1]}" RUNNING
check "the first too" until_true 60 job_is "${jobs[0]}" RUNNING
mapfile -t old < <(node_of "${jobs[0]}"; node_of "${jobs[1]}")

tide drain-all --outdated --yes >"$work/none.out" 2>"$work/none.err"
check "nothing is outdated yet" grep -q 'nothing to do' "$work/none.err"

set_key image '"tuesday"'
# Watches what is free to take jobs: the two old ones run jobs and count until they are held; never fewer than two.
watch_ready() {
  while [ ! -e "$work/stop" ]; do
    ready=$(sinfo -h -N -o '%N %T' | sort -u | grep -cE ' (idle|mixed|allocated)$')
    echo "$ready" >>"$work/ready"
    sleep 0.2
  done
}
watch_ready &
watcher=$!
setsid "$build/tide" drain-all --outdated --replace --yes --wait >"$work/drain.out" 2>"$work/drain.err" &
drain=$!
some_held() { [ "$(scontrol show node 2>/dev/null | grep -c 'tide: end wish')" -ge 1 ]; }
check "an old node is held once its replacement is ready" wait_for 120 some_held
kill -9 "$drain"
wait "$drain" 2>/dev/null || true
check "both jobs still run" job_is "${jobs[0]}" RUNNING
check "and the other" job_is "${jobs[1]}" RUNNING
old_are_gone() { for node in "${old[@]}"; do [ -z "$(phase_of "$node")" ] || return 1; done; }
check "cron's passes carry it on until the old are gone" until_true 150 old_are_gone
touch "$work/stop"
wait "$watcher"
for job in "${jobs[@]}"; do same "job $job was not ended" COMPLETED "$(job_state "$job")"; done
same "never fewer than two could take jobs" 2 "$(sort -n "$work/ready" | head -1)"
same "two new machines stand there" 2 "$(machines)"
tide events --kind hold >"$work/events"
check "the events say who asked" grep -q 'asked for by' "$work/events"

node=$(tide info --section workers -o csv | awk -F, '$5 == "idle" { print $1; exit }')
tide drain "$node" --reason 'bad disk' >/dev/null 2>&1
check "a bare hold with its reason" note_has "$node" 'tide: keep .*bad disk'
passes 3 1
same "no rule ends it" held "$(phase_of "$node")"
tide undrain "$node" >/dev/null 2>&1
is_idle() { [ "$(phase_of "$node")" = idle ]; } # on a busy machine Slurm may call it silent for a moment
check "it is let go" wait_for 20 is_idle
tide drain-all --yes --wait --timeout 60s >/dev/null 2>"$work/all.err" || cat "$work/all.err"
same "drain-all --wait ends when nothing is left" 0 "$(machines)"
exit $failed
