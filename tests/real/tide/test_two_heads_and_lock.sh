#!/bin/bash
# Two heads with a copied configuration, the lock, and exits that scripts rely on.
. "$(dirname "$0")/lib.sh"
slurm_up
config_local
for i in 1 2 3; do submit -n2 --mem=200 --wrap 'sleep 300' >/dev/null; done
pass
check "three nodes are busy" until_true 60 jobs_run 3
before=$(scontrol -o show node | sed 's/ CPULoad=.*//' | sort)

# Another head: the same configuration, another machine-id and a store of its own.
echo 00000000000000000000000000000042 >"$work/machine-id"
sed "s|^state_dir = .*|state_dir = \"$work/state2\"|; s|^max_nodes = .*|max_nodes = 1|; s|^idle_time = .*|idle_time = \"1s\"|" "$TIDE_CONFIG" >"$work/second.toml"
second() { unshare --mount --propagation private sh -c 'if [ -e /var/lib/tide/head-id ]; then mount --bind "$0" /var/lib/tide/head-id; fi; mount --bind "$0" /etc/machine-id && shift 0 && exec "$@"' "$work/machine-id" "$build/tide" -c "$work/second.toml" "$@"; }
for i in 1 2 3; do
  exits 5 second scale-once
done
says 'belongs to head'
exits 5 second kill-node --yes --timeout 5s "$(squeue -h -o %N | head -1)"
same "the second head changed nothing" "$before" "$(scontrol -o show node | sed 's/ CPULoad=.*//' | sort)"
same "all jobs run" 3 "$(squeue -h -t R | wc -l)"

# The lock: two scale-once at once; one works, one leaves with 10 at once. info never waits.
exec 8>"$work/state/lock"
flock 8
begin=$SECONDS
exits 10 tide scale-once
exits 0 tide info
check "neither waited" test $((SECONDS - begin)) -lt 5
exits 0 tide kill-node --yes --no-wait "$(squeue -h -o %N | head -1)"
says 'queued'
flock -u 8
exec 8>&-
exits 0 tide scale-once
says 'hold'
check "the wish written meanwhile was carried out" some_note_has 'tide: end wish'

# A saved snapshot decides the same anywhere: no server, no store, the same bytes each time.
exits 0 tide info --save-snapshot "$work/s.json"
for form in table json csv; do
  (cd / && env -u TIDE_CONFIG -u SLURM_CONF PATH=/nonexistent "$build/tide" -o $form explain --snapshot "$work/s.json" >"$work/once" 2>&1)
  (cd / && env -u TIDE_CONFIG -u SLURM_CONF PATH=/nonexistent "$build/tide" -o $form explain --snapshot "$work/s.json" >"$work/twice" 2>&1)
  check "explain --snapshot as $form: the same bytes" cmp -s "$work/once" "$work/twice"
  check "and not nothing" test -s "$work/once"
done

# What needs a yes and has no terminal changes nothing.
exits 5 tide kill-node "$(squeue -h -o %N | tail -1)"
exits 2 tide kill-node --yes nosuchnode
exits 2 tide launch nosuchpool
exits 4 tide launch small -n 99 --timeout 20s
scancel --user=root
check "everything goes in the end" until_true 90 machines_are 0
exit $failed
