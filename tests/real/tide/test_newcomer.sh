#!/bin/bash
# A newcomer's path, step by step as in the README: a machine with Slurm and nothing of tide; make install; tide init with
# answers; tide doctor finds nothing amiss; the daemon gives the first job its node. The README's number of steps is that of this script.
. "$(dirname "$0")/lib.sh"
slurm_up SLURM_TEST_CLUSTER="$cluster"
# Here nobody sets NODE_DIR: the nodes that end_all must not leave behind are known by the cluster's name.
node_processes() { processes_with "TIDE_CLUSTER=$cluster"; }
place=$work/place
state=/var/lib/tide/$cluster
steps=0
step() { steps=$((steps + 1)) && echo "== step $steps: $*"; }
export TIDE_CONFIG=$work/etc/tide.toml

step make install
DESTDIR=$place cmake --install "$build" --prefix /usr >"$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }
tide() { "$place/usr/bin/tide" "$@"; }
check "its page is there for man" test -s "$place/usr/share/man/man1/tide-doctor.1"
unit=$place/usr/lib/systemd/system/tide@.service
check "its unit is where systemd looks" test -s "$unit"

step tide init
exits 0 tide init --name "$cluster" --head localhost --cloud local --max-nodes 2 --slots 2 --memory 1GiB --defaults
says 'slurm was found by'
exits 0 tide config check

step tide doctor
exits 0 tide doctor
says 'warn +placeholder'
exits 0 tide placeholders
exits 0 tide doctor
same "all is well" "" "$(grep -vE '^ok ' "$work/last.out" || true)"
exits 0 tide doctor --as-cron -c "$TIDE_CONFIG"
says 'finds all as this shell does'

step tide daemon
job=$(submit -n1 --mem=200 --wrap 'sleep 300')
# As systemd would run tide@tide, the instance of the README; here its files stand below folders of the test, and it hurries.
check "the README starts the instance that reads init's file" grep -q 'systemctl enable --now tide@tide`' "$root/README.md"
command=$(sed -n 's/^ExecStart=//p' "$unit" | sed "s/%i/tide/g; s|^/usr|$place/usr|; s| /etc/tide/| $work/etc/|; s/--every 60s/--every 1s/")
# shellcheck disable=SC2086
env -u TIDE_CONFIG $command >"$work/daemon.log" 2>&1 &
daemon=$!
for tries in $(seq 60); do job_is "$job" RUNNING && break || sleep 1; done
check "the first job runs on the first node" job_is "$job" RUNNING
kill -TERM "$daemon"
wait "$daemon" || true
check "the daemon's end ended nothing" job_is "$job" RUNNING
same "the README says as many steps" "in $steps steps" "$(grep -o 'in [0-9]* steps' "$root/README.md" | head -1)"

scancel "$job"
mapfile -t ids < <(tide __complete -- terminate '')
exits 0 tide terminate "${ids[@]}" --force --yes --timeout 60s
same "no machine is left" 0 "$(query 'sum(w["instance"] is not None for w in d["workers"])')"
rm -rf "$state"
exit $failed
