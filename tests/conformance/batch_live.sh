#!/bin/bash
# batch_live.sh NODE ADDRESS COMMAND...: the changes that every batch adapter owes, on a real server. COMMAND is batch-tool
# with its kind and options. LIVE_NODE=made (default): tide makes the entry, and no daemon of it runs; LIVE_NODE=joined:
# the node is there by itself and takes jobs. Prints a line a step; exit 1 at the first that fails.
set -euo pipefail
node=$1 address=$2
shift 2
out=$(mktemp)
trap 'rm -f "$out"' EXIT

step() { echo "   conformance: $*"; }
die() {
  echo "FAILED: $*"
  cat "$out"
  exit 1
}
tool() { "${command[@]}" "$@" >"$out" 2>&1; }
works() { tool "$@" || die "'$*' fails"; }
refused() { # KINDS ARGUMENTS...
  local kinds=$1
  shift
  if tool "$@"; then die "'$*' is not refused"; fi
  grep -qE "^error ($kinds): " "$out" || die "'$*' fails with another kind than $kinds"
}
shows() { # PATTERN: the node's line, in time
  local tries
  for tries in $(seq 75); do
    if tool nodes && grep -E "^$node " "$out" | grep -qE -- "$1"; then return 0; fi
    sleep 0.2
  done
  die "node '$node' is not shown with '$1'"
}
gone() {
  works nodes
  if grep -qE "^$node " "$out"; then die "node '$node' is still listed"; fi
}
command=("$@")

step "it names itself, the same twice"
works server
name=$(sed -n 's/^name=\([^ ]*\) .*/\1/p' "$out")
works server
[ -n "$name" ] && [ "$(sed -n 's/^name=\([^ ]*\) .*/\1/p' "$out")" = "$name" ] || die "another name"
works jobs
grep -qE '^proof: .' "$out" || die "no proof"

if [ "${LIVE_NODE:-made}" = made ]; then
  step "an entry is made once, held with its note"
  gone
  works add "$node" 2 1024 live - "$address" 'tide: joining'
  works add "$node" 2 1024 live - "$address" 'tide: joining'
  [ "$(tool nodes && grep -cE "^$node " "$out")" = 1 ] || die "not one entry"
  shows "held=true .*note='tide: joining'"
  works address "$node" "$address"
fi

step "a hold has its note, and a repeat changes nothing"
works hold "$node" 'tide: end idle: idle for 600 s'
works hold "$node" 'tide: end idle: idle for 600 s'
shows "held=true .*(note='tide: end idle: idle for 600 s'|final=true)"

step "a release can be repeated"
for tries in $(seq 75); do # TORQUE's new nodes refuse it for some seconds
  if tool release "$node"; then break; fi
  sleep 0.2
done
works release "$node"
shows "held=false .*note='' "

if [ "${LIVE_NODE:-made}" = made ]; then
  step "what is taken out is gone, and taking it out again is fine"
  works remove "$node"
  gone
  works remove "$node"
  refused 'not_found|batch' hold "$node" 'tide: end idle'
fi

step "names that are no names reach no command"
for bad in '' 'a b' '-a' 'a;reboot' $'a\nb' 'a,b' 'a[1-3]' '@all' 'ALL'; do
  for verb in hold release remove; do
    if [ $verb = hold ]; then refused config hold "$bad" 'tide: end'; else refused config $verb "$bad"; fi
  done
done
echo "   conformance: fine"
