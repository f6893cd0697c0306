# What the end-to-end tests share; sourced by tests/real/tide/test_*.sh with the build folder as $1.
# A test gets $work (a folder of its own), a real Slurm, a tide.toml, and ends all that it started.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=$(cd "${1:?build directory}" && pwd)
rig=$root/tests/real/slurm/slurm.sh
[ "$(id -u)" = 0 ] || { echo "needs root: Slurm's daemons and the nodes' namespaces"; exit 77; }
command -v slurmctld >/dev/null || { echo "slurmctld is not installed: tools/need real"; exit 77; }

work=$(mktemp -d /tmp/tide-e2e.XXXXXX)
cluster=t$(basename "$work" | tr -cd 'a-z0-9' | tail -c 6)
export TIDE_CONFIG=$work/tide.toml AWS_EC2_METADATA_DISABLED=true
. "$root/tests/real/checks.sh"
. "$root/tests/support/serve.sh"

slurm_up() { # [VARIABLE=VALUE...]: options of slurm.sh
  local tries
  for tries in 1 2 3; do
    export SLURM_TEST_PORT=${SLURM_TEST_PORT:-$(free_ports $((20000 + RANDOM % 9000)))}
    if env "$@" "$rig" up "$work/slurm" >>"$work/rig.log" 2>&1; then
      export SLURM_CONF=$work/slurm/etc/slurm.conf
      return
    fi
    # Somebody else took the port between the look and the start.
    grep -qs 'Address already in use' "$work/slurm/log/slurmctld.log" && [ "$tries" -lt 3 ] || break
    "$rig" down "$work/slurm" >>"$work/rig.log" 2>&1
    rm -rf "$work/slurm"
    unset SLURM_TEST_PORT
  done
  cat "$work/rig.log"
  exit 1
}

# What every configuration of these tests begins with.
config_head() {
  cat <<EOF
[cluster]
name = "$cluster"
batch = "slurm"
head = "localhost"
state_dir = "$work/state"

[batch.env]
SLURM_CONF = "$work/slurm/etc/slurm.conf"

EOF
}

# The base configuration: a local cloud with one pool of real nodes; a test may add to it, or change it with set_key.
config_local() {
  config_head >"$TIDE_CONFIG"
  cat >>"$TIDE_CONFIG" <<EOF
[scale]
max_nodes = 4
idle_time = "3s"
boot_deadline = "60s"
max_end_per_pass = "100%"

[clouds.here]
kind = "local"
command = ["$root/examples/local/slurm-node"]
addresses = "127.99.0.0/16"

[clouds.here.env]
SLURM_CONF = "$work/slurm/etc/slurm.conf"
NODE_DIR = "$work/node"

[pools.small]
cloud = "here"
slots = 2
memory = "1GiB"
price = 0.05
names = "{cluster}-{pool}-{n:02}"
EOF
  mkdir -p "$work/node"
}
job_state() { squeue -h -t all -j "$1" -o %T 2>/dev/null | head -1; }
job_is() { [ "$(job_state "$1")" = "$2" ]; }
submit() { (cd "$work" && sbatch --parsable -o /dev/null "$@"); }
jobs_run() { [ "$(squeue -h -t R | wc -l)" = "$1" ]; } # COUNT
no_node() { [ -z "$(sinfo -hN -o %N)" ]; } # is in Slurm
start_node() { # NODE FEATURE: a slurmd as the machine's user data would start it; the cloud's address leads nowhere, so its own is put in its place
  "$rig" start-node "$work/slurm" "$1" CPUs=2 RealMemory=1024 Feature="$2" >>"$work/rig.log" 2>&1
  scontrol update nodename="$1" nodeaddr="$(cat "$work/slurm/nodes/$1/addr")"
}
stop_node() { "$rig" stop-node "$work/slurm" "$1" >>"$work/rig.log" 2>&1; } # NODE
node_of() { squeue -h -j "$1" -o %N; }

# No pipe: grep -q leaves at its first match, and what then still writes into the pipe fails.
some_note_has() { grep -q -- "$1" <<<"$(scontrol show node 2>/dev/null)"; }
note_has() { grep -q -- "$2" <<<"$(scontrol show node "$1" 2>/dev/null)"; }

# All that carries this test's nodes' environment.
node_processes() { processes_with "NODE_DIR=$work/node"; }

end_all() {
  local code=$?
  trap - EXIT
  set +e
  end_machines
  [ ! -d "$work/slurm" ] || "$rig" down "$work/slurm" >>"$work/rig.log" 2>&1
  [ ! -d "$work/os" ] || "$root/tests/real/openstack/openstack.sh" down "$work/os" >/dev/null 2>&1
  [ ! -d "$work/moto" ] || "$root/tests/real/moto/moto.sh" down "$work/moto" >/dev/null 2>&1
  leave $code
}
trap end_all EXIT
