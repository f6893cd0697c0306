# What tests of a batch adapter (by batch-tool) on a real server share; sourced where $work and $rig are set and tide() runs batch-tool
# with its kind, its output in $work/out and $work/err.
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND"; tail -n 30 "$work/out" "$work/err" "$work/rig.log" 2>/dev/null' ERR

say() { echo "== $*"; }
die() { echo "FAILED: $*"; tail -n +1 "$work/out" "$work/err"; exit 1; }
rig() { "$rig" "$@" >>"$work/rig.log" 2>&1; }
has() { grep -qE -- "$1" "$work/out" || die "'$1' is not in what it printed"; }
hasnt() { if grep -qE -- "$1" "$work/out"; then die "'$1' is in what it printed"; fi; }
fails() { # KINDS WORDS TIDE-ARGUMENTS...
  local kinds=$1 words=$2
  shift 2
  if tide "$@"; then die "'$*' did not fail"; fi
  grep -qE "^error ($kinds): " "$work/err" || die "'$*' did not fail with kind $kinds"
  grep -qE -- "$words" "$work/err" || die "'$*' does not say '$words'"
}
until_true() { # SECONDS COMMAND...: of a quiet machine; a busy one gets twice as long
  local end=$((SECONDS + 2 * $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || die "waited in vain for: $*"
    sleep 0.2
  done
}
shows() { tide "$1" && grep -qE -- "$2" "$work/out"; }
