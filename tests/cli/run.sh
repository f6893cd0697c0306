#!/bin/bash
# run.sh TIDE [NAME...]   runs NAME.cmd (all of them by default) against the binary TIDE; see README.md.
set -u
here=$(cd "$(dirname "$0")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
tide_binary=$(realpath "${1:?usage: run.sh TIDE [NAME...]}")
shift
version=$("$tide_binary" version | sed 's/^tide //')
if [ $# = 0 ]; then
  for file in "$here"/*.cmd; do set -- "$@" "$(basename "$file" .cmd)"; done
fi

slurm() { echo "$1" >"$WORK/slurm-state"; }
slurm_says() { cp "$1" "$WORK/squeue-says"; }
slurm_fails() { echo "$1" >"$WORK/slurm-fails"; }
tide() { "$tide_binary" "$@"; }
# Slurm lists this node of the pool as registered just now, idle.
slurm_joined() {
  if [ -L "$WORK/fixtures" ]; then rm "$WORK/fixtures" && cp -r "$source_dir/tests/fixtures/slurm/22.05" "$WORK/fixtures"; fi
  for file in config partitions squeue; do cp "$WORK/fixtures/zero-$file.txt" "$WORK/fixtures/joined-$file.txt"; done
  sed -n -e 1p -e "s/^NodeName=w3 .*/&/p" "$WORK/fixtures/mixed-nodes.txt" |
    sed -E -e "s/\bw3\b/$1/g" -e 's/\+DRAIN//; s/ Reason=.*//' -e "s/SlurmdStartTime=[0-9]+/SlurmdStartTime=$(date +%s)/" \
      -e 's/=4000\b/=8192/' -e 's/Features=cloud/Features=small/g' >"$WORK/fixtures/joined-nodes.txt"
  printf 'scontrol: version\nslurm-wlm 22.05.8\nscontrol: \n' >>"$WORK/fixtures/joined-nodes.txt"
  slurm joined
}

# It no longer does, and that is true: machines of such nodes can be ended.
slurm_left() { slurm zero && tide accept-reading -q; }

make_place() {
  local command
  mkdir -p "$WORK/bin" "$WORK/home" "$WORK/state"
  for command in scontrol squeue sinfo sacctmgr; do cp "$here/bin/slurm" "$WORK/bin/$command"; done
  [ -d "$WORK/fixtures" ] || ln -sfn "$source_dir/tests/fixtures/slurm/22.05" "$WORK/fixtures"
  cat >"$WORK/tide.toml" <<END
[cluster]
name = "$CLUSTER"
batch = "slurm"
head = "localhost"
state_dir = "$WORK/state"
[batch]
bin_dir = "$WORK/bin"
[scale]
max_nodes = 4
[clouds.here]
kind = "local"
command = ["$source_dir/examples/local/sleep-node"]
addresses = "127.98.0.0/16"
[pools.small]
cloud = "here"
slots = 4
memory = "8GiB"
price = 0.05
max = 2
END
}

# What differs from run to run and from machine to machine becomes a word; version numbers too.
normalise() {
  sed -E -e "s|$WORK|WORK|g" -e "s|$source_dir|SOURCE|g" -e "s|$CLUSTER|CLUSTER|g" \
    -e "s|tide ${version//./\\.}|tide VERSION|g" -e "s|\"version\": \"${version//./\\.}\"|\"version\": \"VERSION\"|g" \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z/TIME/g' -e 's/\b[0-9a-f]{32}\b/HEX/g' \
    -e 's/\b[0-9a-f]{16}\b/HEX/g' -e 's/("[a-z_]*seconds": )[0-9]+/\1SECONDS/g' \
    -e 's/^((batch|cloud:[a-z]+) +(ok|FAILED) +)[0-9][0-9smhd]* */\1AGE /' -e 's/[ ]+$//'
}

# Machines of the local cloud outlive the command that started them.
end_machines() {
  local ids
  rm -f "$WORK/slurm-fails" "$WORK/squeue-says"
  [ -e "$WORK/state/tide.db" ] || return 0
  make_place
  mapfile -t ids < <("$tide_binary" __complete -- -c "$WORK/tide.toml" terminate '')
  [ ${#ids[@]} = 0 ] || "$tide_binary" -c "$WORK/tide.toml" terminate "${ids[@]}" --force --yes --timeout 40s >/dev/null 2>&1 ||
    echo "$name: machines are left: ${ids[*]}"
}

run_one() {
  local name=$1 expected code=0
  expected=$(sed -n '1s/^# exit \([0-9]*\):.*/\1/p' "$here/$name.cmd")
  [ -n "$expected" ] || { echo "$name: the first line is not '# exit N: what it shows'"; return 1; }
  WORK=$(mktemp -d /tmp/tide-cli-XXXXXX)
  CLUSTER=cli$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n') # of one length, for tables are as wide as their words
  make_place
  (
    cd "$WORK" || exit 99
    unset TIDE_CONFIG XDG_CONFIG_HOME SUDO_USER NO_COLOR
    export HOME=$WORK/home TIDE_CONFIG=$WORK/tide.toml USER=tester LC_ALL=C.UTF-8 TZ=UTC
    slurm zero
    # shellcheck disable=SC1090
    . "$here/$name.cmd"
  ) >"$WORK/captured.out" 2>"$WORK/captured.err" </dev/null || code=$?
  local failed=0 stream
  for stream in out err; do
    normalise <"$WORK/captured.$stream" >"$WORK/normal.$stream"
    if [ -n "${ACCEPT:-}" ]; then
      cp "$WORK/normal.$stream" "$here/$name.$stream"
    elif ! diff -u --label "$name.$stream (wanted)" --label "$name.$stream (got)" "$here/$name.$stream" "$WORK/normal.$stream"; then
      failed=1
    fi
  done
  [ "$code" = "$expected" ] || { echo "$name: exit $code, not $expected"; failed=1; }
  end_machines
  rm -rf "$WORK"
  return $failed
}

bad=0
for name in "$@"; do
  if run_one "$name"; then echo "ok   $name"; else echo "FAIL $name" && bad=$((bad + 1)); fi
done
[ $bad = 0 ]
