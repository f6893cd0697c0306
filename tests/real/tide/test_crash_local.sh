#!/bin/bash
# kill -9 before and after every port call of the passes that launch and that end, on real Slurm and the local cloud:
# nothing lost, nothing doubled. Promise 2.
. "$(dirname "$0")/lib.sh"
[ -x "$build/tide-crash" ] || { echo "tide-crash is not built"; exit 1; }
slurm_up
config_local
set_key idle_time '"8s"' # longer than a round of passes that die: the ends are still to come when the job is done

instances() { # machines as the kernel sees them: session leaders with a token of this test's nodes
  local pid n=0
  for pid in $(node_processes); do
    [ "$(awk '{print $6}' "/proc/$pid/stat" 2>/dev/null)" = "$pid" ] && grep -zq '^TIDE_TOKEN=' "/proc/$pid/environ" 2>/dev/null && n=$((n + 1))
  done
  echo "$n"
}

crashes=0
chain() { # LIMIT COMMAND...: passes that die at step 1, 2, 3, ... until one survives; until COMMAND is true
  local limit=$1 step code tries
  shift
  for tries in $(seq 40); do
    step=1
    while true; do
      code=0
      { "$build/tide-crash" $step scale-once >>"$work/passes.log" 2>&1 </dev/null || code=$?; } 2>/dev/null
      local live
      live=$(instances)
      [ "$live" -le "$limit" ] || fail "$live machines after a crash at step $step, $limit wanted at most"
      [ $code = 137 ] || break
      crashes=$((crashes + 1))
      step=$((step + 1))
    done
    "$@" && return 0
    sleep 0.5
  done
  fail "did not come to rest: $*"
}

job=$(submit -N2 -n4 --mem=200 --wrap "until [ -e '$work/enough' ]; do sleep 0.2; done")
chain 2 job_is "$job" RUNNING
same "two machines, as wanted" 2 "$(instances)"
same "tide knows both" 2 "$(machines)"
check "passes were killed on the way ($crashes)" test $crashes -gt 8
touch "$work/enough"
for tries in $(seq 100); do job_is "$job" COMPLETED && break || sleep 0.2; done
launched=$crashes
chain 2 machines_are 0
same "no machine is left" 0 "$(instances)"
same "no node is left" "" "$(sinfo -hN -o %N)"
check "passes that end were killed too ($((crashes - launched)))" test $((crashes - launched)) -gt 8
passes 3 0
same "nothing is remembered of them" "" "$(phases)"

# The store deleted under two busy nodes: none doubled, none launched that live machines can serve, none ended.
job=$(submit -N2 -n4 --mem=200 --wrap 'sleep 300')
check "two nodes are raised again" until_true 60 job_is "$job" RUNNING
cp "$work/state/tide.db" "$work/yesterday.db"
rm -f "$work"/state/tide.db*
passes 4 0.5
same "with the store deleted, two machines" 2 "$(instances)"
check "the job still runs" job_is "$job" RUNNING
exits 0 tide scale-once
says 'nothing is ended by rule'
scancel "$job"
sleep 3
passes 4 1
same "idle, and none is ended while the store is rebuilt" 2 "$(instances)"

# Yesterday's store put back.
rm -f "$work"/state/tide.db*
cp "$work/yesterday.db" "$work/state/tide.db"
passes 3 0.5
check "yesterday's store: none doubled" test "$(instances)" -le 2
for id in $(query "' '.join(w['instance'] for w in d['workers'] if w['ours'] and w['instance'])"); do
  exits 0 tide terminate --yes --timeout 60s "$id"
done
same "a person may end them all the same" 0 "$(instances)"
exit $failed
