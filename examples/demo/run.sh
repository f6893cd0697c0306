#!/bin/bash
# The main job, whole, on this machine: a Slurm without a single node, a dozen jobs, and tide, which raises real nodes for
# them, ends the idle ones and leaves nothing behind.
#
#   examples/demo/run.sh BUILD_DIR     (what `make demo` runs, as root)
#
# Exits 0 only if every job that a pool can serve completed, and no node, process, zombie, mount or hosts line is left.
# Everything lives in one temporary folder; a failed run keeps it and names it. TIDE_DEMO_LIMIT: seconds, default 170.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "${1:?usage: run.sh BUILD_DIR}" && pwd)
tide=$build/tide
rig=${TIDE_SLURM_RIG:-$root/tests/real/slurm/slurm.sh}
limit=${TIDE_DEMO_LIMIT:-170}
. "$here/parts.sh"

[ "$(id -u)" = 0 ] || { echo "demo: Slurm's daemons and the nodes' namespaces need root. Run: sudo make demo" >&2; exit 1; }
[ -x "$tide" ] || { echo "demo: '$tide' is not built. Run: make" >&2; exit 1; }
install_slurm
reaping_pid1 || exec unshare --pid --fork --mount-proc --kill-child "$0" "$@"

work=$(mktemp -d /tmp/tide-demo.XXXXXX)
trap 'failed_at=$LINENO' ERR
trap 'clean_up $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
remember_machine
sed "s|/tmp/tide-demo|$work|g; s|/usr/local/share/tide|$root|g; s|^name = \"demo\"|name = \"demo-$$\"|" "$here/tide.toml" >"$work/tide.toml"
export TIDE_CONFIG=$work/tide.toml SLURM_TEST_PORT
SLURM_TEST_PORT=$(free_port)
begin=$SECONDS

say "A Slurm of one machine, without any node"
"$rig" up "$work/slurm" >"$work/rig.log" 2>&1
export SLURM_CONF=$work/slurm/etc/slurm.conf
submit_jobs
say "$(wc -l <"$work/servable") jobs and array tasks that a pool can serve, and one that none can; from here on, tide alone"

pass=0
until finished; do
  if [ $((SECONDS - begin)) -ge "$limit" ]; then
    say "NOT FINISHED after $limit s"
    break
  fi
  pass=$((pass + 1))
  run_pass || true
  sleep 2
done
say "$pass passes; why the other job waits:"
"$tide" explain "$(cat "$work/unservable")" | sed 's/^/       /' || complain "tide cannot explain job $(cat "$work/unservable")"

echo
print_table
echo
check_left_behind
