#!/bin/bash
# tests/real/run.sh BUILD_DIR [NAME...]   runs tide and its adapters against real servers and clients, all on loopback.
# Each test is a script that gets the build folder, keeps its state under a temporary folder of its own, takes free ports,
# ends what it started, and exits 0; 77 means skipped, and is told loudly. Logs of failures are printed.
# Two run at a time (REAL_LANES), for most of their time is waiting for servers.
set -u
self=$(realpath "$0")
cd "$(dirname "$0")/../.."

run_one() { # SCRIPT: a line of its result, and a file of that name in $logs
  local name=${1#tests/real/} log begin seconds rc=0
  name=${name%.sh}
  log=$logs/${name//\//-}.log
  begin=$(date +%s.%N)
  timeout --kill-after=20 900 bash "$1" "$build" >"$log" 2>&1 </dev/null || rc=$?
  seconds=$(awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN{printf "%.1f", b-a}')
  case $rc in
  0) touch "$log.pass" && printf 'pass  %-40s %6s s\n' "$name" "$seconds" ;;
  77) touch "$log.skip" && printf 'SKIPPED  %-37s %6s s  %s\n' "$name" "$seconds" "$(tail -n 1 "$log")" ;;
  *)
    touch "$log.fail"
    # What failed comes first: a long log's end may say nothing of it.
    printf 'FAIL  %-40s %6s s  exit %s\n%s\n' "$name" "$seconds" "$rc" "$({ grep '^FAILED' "$log"; tail -n 60 "$log"; } | sed 's/^/      /')"
    ;;
  esac
}

if [ "${1:-}" = --one ]; then
  run_one "$2"
  exit 0
fi

build=$(cd "${1:?build directory}" && pwd)
shift
logs=$(mktemp -d "${TMPDIR:-/tmp}/tide-real.XXXXXX")
export build logs AWS_EC2_METADATA_DISABLED=true LC_ALL=C
unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN TIDE_CONFIG

# Those that take minutes begin first, so that no lane waits for the other's last.
mapfile -t tests < <(find tests/real -mindepth 2 -name 'test_*.sh' | LC_ALL=C sort)
long=() short=()
choose() { # SCRIPT
  case $1 in
  */fake_nova/test_killed.sh | */gridengine/* | */htcondor/* | */openstack/* | */tide/test_nova.sh | */tide/test_never_busy.sh) long+=("$1") ;;
  *) short+=("$1") ;;
  esac
}
for script in "${tests[@]}"; do
  [ $# -gt 0 ] || choose "$script"
  for one in "$@"; do [[ $script == *"$one"* ]] && choose "$script" && break; done
done
chosen=("${long[@]}" "${short[@]}")
wanted=${#chosen[@]}
[ $wanted -gt 0 ] || { echo "real: no test is named like '$*'" >&2; exit 2; }
printf '%s\0' "${chosen[@]}" | xargs -0 -n 1 -P "${REAL_LANES:-2}" "$self" --one

count() { find "$logs" -name "*.$1" | wc -l; }
passed=$(count pass) failed=$(count fail) skipped=$(count skip)
echo "real: $passed passed, $failed failed, $skipped skipped"
# A lane that died left no result: that is no pass.
[ $failed = 0 ] && [ $passed -gt 0 ] && [ $((passed + skipped)) = $wanted ] && rm -rf "$logs"
