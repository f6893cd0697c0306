# What the tests against a real Grid Engine share; sourced with the build folder as $1. The test starts itself once more on the
# head of a cluster of its own, where nothing is found that is not part of it, and all ends with it. There it gets $work, $ge
# (the cluster's folder) and $build, and may set $unheard before.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=$(cd "${1:?build directory}" && pwd)
rig=$here/gridengine.sh

if [ -z "${2:-}" ]; then
  [ "$(id -u)" = 0 ] || { echo "the namespaces and Grid Engine's daemons need root"; exit 77; }
  "$rig" install || exit $?
  work=$(mktemp -d /tmp/tide-ge.XXXXXX)
  chmod 755 "$work"
  end_all() {
    local code=$?
    trap - EXIT
    [ $code = 0 ] || tail -n 5 "$work/g/spool/qmaster/messages" "$work"/g/spool/execd/*/messages 2>/dev/null || true
    "$rig" down "$work/g" || code=1
    if [ $code = 0 ]; then rm -rf --one-file-system "$work"; else echo "see $work"; fi
    exit $code
  }
  trap end_all EXIT
  "$rig" up "$work/g"
  unset TIDE_CONFIG "${!SGE_@}"
  "$rig" enter "$work/g" bash "$(realpath "$0")" "$build" "$work"
  exit
fi

work=$2
ge=$work/g
programs=$ge/root/bin/lx-amd64
export SGE_ROOT=$ge/root SGE_CELL=default SGE_QMASTER_PORT=6444 SGE_EXECD_PORT=6445
rig() { "$rig" "$@" >>"$work/rig.log" 2>&1; }
name_host() { grep -q " $1\$" /etc/hosts || echo "$2 $1" >>/etc/hosts; } # NAME ADDRESS
# As alice, or $as; prints the job's number. With no host that could ever serve it, it is queued all the same, with exit code 1.
submit() { # OPTIONS...: of qsub; the job sleeps for $seconds
  local said
  said=$(GE_AS=${as:-alice} "$rig" enter "$ge" qsub -b y -wd /tmp -o /dev/null -e /dev/null "$@" sleep "${seconds:-900}" 2>&1 || true)
  sed -n 's/^Your job\(-array\)\? \([0-9]*\).*/\2/p' <<<"$said" | grep . || { echo "$said" >&2; return 1; }
}
job_state() { qstat -u '*' | awk -v id="$1" '$1 == id {print $5}' | sort -u | tr -d '\n'; } # "" once it is over
job_is() { [ "$(job_state "$1")" = "$2" ]; }
host_of() { qstat -u '*' | awk -v id="$1" '$1 == id && $8 ~ /@/ {sub(".*@", "", $8); print $8}' | sort -u; }
began() { qstat -u '*' | awk -v id="$1" '$1 == id {print $6, $7}' | sort -u; }
ended_well() { # by the accounts: each of its tasks ended by itself
  qacct -j "$1" 2>/dev/null | awk '$1 == "exit_status" && $2 != 0 || $1 == "failed" && $2 != 0 {bad = 1} END {exit bad || NR == 0}'
}
empty_queue() {
  qdel -u '*' >/dev/null 2>&1 || true
  local tries
  for tries in $(seq 100); do [ -n "$(qstat -u '*')" ] || return 0; sleep 0.2; done
  return 1
}
