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
failed=0

fail() { echo "FAILED: $*"; failed=1; }
check() { # TEXT COMMAND...
  local text=$1
  shift
  if "$@"; then echo "ok: $text"; else fail "$text ($*)"; fi
}
same() { # TEXT WANTED GOT
  if [ "$2" = "$3" ]; then echo "ok: $1"; else fail "$1: wanted '$2', got '$3'"; fi
}
exits() { # CODE COMMAND...: the command's exit code; its output goes to $work/last.{out,err}
  local want=$1 code=0
  shift
  "$@" >"$work/last.out" 2>"$work/last.err" </dev/null || code=$?
  [ "$code" = "$want" ] && return 0
  fail "'$*' exits $code, wanted $want"
  sed 's/^/    /' "$work/last.out" "$work/last.err" | head -30
  return 0
}
says() { # PATTERN: in the last command's output
  if grep -qE -- "$1" "$work/last.out" "$work/last.err"; then echo "ok: says '$1'"; else fail "does not say '$1'"; cat "$work/last.out" "$work/last.err" | sed 's/^/    /' | head -20; fi
}

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
set_key() { sed -i "0,/^$1 = .*/s||$1 = $2|" "$TIDE_CONFIG"; } # KEY VALUE: changes the first line that sets it

tide() { "$build/tide" "$@"; }
pass() { tide scale-once >>"$work/passes.log" 2>&1 || true; }
passes() { local n; for n in $(seq "$1"); do pass; sleep "${2:-0.5}"; done; }
until_true() { # SECONDS COMMAND...: with a pass before each look
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    pass
    sleep 0.4
  done
}
info() { tide info --json 2>/dev/null; }
query() { info | python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }
machines() { query "' '.join(sorted(w['pool'] for w in d['workers'] if w['ours'] and w['instance']))"; }
machines_are() { [ "$(machines)" = "$1" ]; }
phases() { query "' '.join(sorted(w['phase'] for w in d['workers'] if w['ours']))"; }
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
  [ $code = 0 ] || failed=1
  for pid in $(grep -lzxF "FAKE_PBS_HOME=$server" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3); do kill -TERM "$pid" 2>/dev/null; done
  sleep 0.3
  for pid in $(grep -lzxF "FAKE_PBS_HOME=$server" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3); do kill -KILL "$pid" 2>/dev/null; done
  if [ $failed = 0 ]; then
    rm -rf "$work"
    exit 0
  fi
  echo "see $work"
  tail -n 30 "$work/passes.log" 2>/dev/null
  exit 1
}
trap end_all EXIT
