#!/bin/bash
# On a real Slurm: a node that Slurm itself drains (it lacks the GPUs that its entry promises) is unfit, a boot failure, and ended when empty; nodes
# that fall silent for less than down_time and come back are not ended; a pool that never boots is stopped after three.
. "$(dirname "$0")/lib.sh"
slurm_up SLURM_TEST_SLURMD_TIMEOUT=10
config_local
set_key idle_time '"1h"'
set_key boot_deadline '"15s"'
sed -i 's|^idle_time = .*|&\ndown_time = "60s"|' "$TIDE_CONFIG"
cat >"$work/small-memory" <<EOF
#!/bin/bash
[ "\$TIDE_POOL" != short ] || unset TIDE_GPUS
[ "\$TIDE_POOL" != mute ] || exec sleep 1000
exec $root/examples/local/slurm-node "\$@"
EOF
chmod +x "$work/small-memory"
sed -i "s|^command = .*|command = [\"$work/small-memory\"]|" "$TIDE_CONFIG"
for pool in short mute; do
  sed -n '/^\[pools.small\]/,$p' "$TIDE_CONFIG" | sed "s/pools.small/pools.$pool/; s/^slots = .*/slots = 1/" >"$work/pool.$pool"
done
echo 'gpus = "2"' >>"$work/pool.short"
set_key max_nodes 9
cat "$work/pool.short" "$work/pool.mute" >>"$TIDE_CONFIG"

exits 0 tide launch short
exits 0 tide launch small -n 3
exits 0 tide launch mute
check "the short node is unfit, by Slurm's own word" until_true 30 sh -c "'$build/tide' info --json | grep -q '\"phase\": \"unfit\"'"
check "three nodes are idle" until_true 30 sh -c "[ \"\$('$build/tide' info --json | grep -c '\"phase\": \"idle\"')\" = 3 ]"
same "it is a boot failure of its pool" 1 "$(query "[p['boot_failures'] for p in d['pools'] if p['pool'] == 'short'][0]")"

# All three fall silent for 50 seconds: stopped, not killed. Slurm gives them up after 10, tide would after 60 more.
mapfile -t daemons < <(for pid in $(node_processes); do [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = slurmd ] && echo "$pid"; done)
check "their daemons are found" test ${#daemons[@]} -ge 3
kill -STOP "${daemons[@]}"
begin=$SECONDS
while [ $((SECONDS - begin)) -lt 50 ]; do pass; sleep 2; done
check "silence is seen" grep -q 'silent at once' "$work/passes.log"
kill -CONT "${daemons[@]}"
check "they come back" until_true 60 sh -c "[ \"\$('$build/tide' info --json | grep -c '\"phase\": \"idle\"')\" = 3 ]"
same "none was ended" 3 "$(query "sum(1 for w in d['workers'] if w['ours'] and w['pool'] == 'small' and w['instance'])")"

# Meanwhile the grace of the two failed ones is over: both are ended, with their last words kept.
check "the unfit one is ended once empty" until_true 120 sh -c "[ \"\$('$build/tide' info --section workers -o csv | grep -c ',short,')\" = 0 ]"
check "so is the one that never joined" until_true 60 sh -c "[ \"\$('$build/tide' info --section workers -o csv | grep -c ',mute,')\" = 0 ]"

# Two more that never boot: three in a row stop the pool.
exits 0 tide launch mute -n 1
exits 0 tide launch mute -n 1
check "after three the pool is stopped" until_true 60 sh -c "'$build/tide' info --section pools -o csv | grep '^mute' | grep -q ',yes'"
exits 5 tide launch mute
says 'tide reset mute'
exits 0 tide reset mute
exits 0 tide launch mute
exit $failed
