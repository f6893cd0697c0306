# What the stories of TORQUE and OpenPBS share; sourced by test_*.sh with the build folder as $1 after `dialect` was set.
# A test gets $work (a folder of its own), a server, a tide.toml, and ends all that it started. The server is the scripted one
# (fake_pbs.py), or with TIDE_REAL_TORQUE=1 or TIDE_REAL_OPENPBS=1 the real one whose commands are on PATH.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=$(cd "${1:?build directory}" && pwd)
work=$(mktemp -d /tmp/tide-pbs.XXXXXX)
cluster=p$(basename "$work" | tr -cd 'a-z0-9' | tail -c 6)
server=$work/pbs
export TIDE_CONFIG=$work/tide.toml AWS_EC2_METADATA_DISABLED=true
pause=0.4
. "$root/tests/real/checks.sh"

real() { # is it the real server?
  case $dialect in torque) [ -n "${TIDE_REAL_TORQUE:-}" ] ;; *) [ -n "${TIDE_REAL_OPENPBS:-}" ] ;; esac
}
pbs_up() {
  bin=$server/bin
  if real; then
    for command in qstat pbsnodes qmgr qsub qdel; do command -v $command >/dev/null || { echo "$command is not on PATH"; exit 77; }; done
    bin=$(dirname "$(command -v qstat)")
    return
  fi
  "$here/fake_pbs.py" init "$server" "$dialect"
  : >"$server/hosts"
}
run() { local command=$1; shift; "$bin/$command" "$@"; }
only_scripted() { real && { echo "the rest needs the scripted server: skipped"; exit $failed; }; return 0; }

config_local() {
  cat >"$TIDE_CONFIG" <<TOML
[cluster]
name = "$cluster"
batch = "$dialect"
head = "localhost"
state_dir = "$work/state"

[batch]
bin_dir = "$bin"
timeout = "3s"

[names]
method = "hosts"
file = "$(real && echo /etc/hosts || echo "$server/hosts")"

[scale]
max_nodes = 8
idle_time = "1s"
boot_deadline = "60s"
max_end_per_pass = "100%"

[clouds.here]
kind = "local"
command = ["$here/mom-node"]
addresses = "127.98.0.0/16"
grace = "1s"

[clouds.here.env]
FAKE_PBS_HOME = "$server"
PBS_MOM = "$(real && command -v pbs_mom || true)"

[pools.small]
cloud = "here"
slots = 2
memory = "4GiB"
features = ["CLOUD"]
price = 0.05
names = "{cluster}-{pool}-{n:02}"

[pools.large]
cloud = "here"
slots = 8
memory = "32GiB"
gpus = "2"
features = ["CLOUD", "big"]
price = 0.4
max = 2
names = "{cluster}-{pool}-{n:02}"
TOML
}
# Q, H, W, R, or C once it is over and gone.
job_state() {
  if [ "$dialect" = torque ]; then
    run qstat -x "$1" 2>/dev/null | sed -n 's|.*<job_state>\(.\)</job_state>.*|\1|p' | grep . || echo C
  else
    run qstat -f -F json "$1" 2>/dev/null | sed -n 's/.*"job_state":[[:space:]]*"\(.\)".*/\1/p' | grep . || echo C
  fi
}
job_is() { [ "$(job_state "$1")" = "$2" ]; }
ran() { grep -q "^done $1 " "$server/events"; } # on the scripted server: it ended, where it ran

end_all() {
  local code=$? pid
  trap - EXIT
  set +e
  for pid in $(processes_with "FAKE_PBS_HOME=$server"); do kill -TERM "$pid" 2>/dev/null; done
  sleep 0.3
  for pid in $(processes_with "FAKE_PBS_HOME=$server"); do kill -KILL "$pid" 2>/dev/null; done
  leave $code
}
trap end_all EXIT
