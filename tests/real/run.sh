#!/bin/bash
# tests/real/run.sh BUILD_DIR [NAME...]   runs tide and its adapters against real servers and clients, all on loopback.
# Each test is a script that gets the build folder, keeps its state under a temporary folder of its own, ends what it
# started, and exits 0; 77 means skipped, and is told loudly. Logs of failures are printed.
set -u
cd "$(dirname "$0")/../.."
build=$(cd "${1:?build directory}" && pwd)
shift
export AWS_EC2_METADATA_DISABLED=true LC_ALL=C
unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN TIDE_CONFIG

mapfile -t tests < <(find tests/real -mindepth 2 -name 'test_*.sh' | LC_ALL=C sort)
logs=$(mktemp -d "${TMPDIR:-/tmp}/tide-real.XXXXXX")
passed=0 failed=0 skipped=0
for script in "${tests[@]}"; do
  name=${script#tests/real/}
  name=${name%.sh}
  if [ $# -gt 0 ]; then
    wanted=
    for one in "$@"; do [[ $name == *"$one"* ]] && wanted=1; done
    [ -n "$wanted" ] || continue
  fi
  log=$logs/${name//\//-}.log
  begin=$(date +%s.%N) rc=0
  timeout --kill-after=20 600 bash "$script" "$build" >"$log" 2>&1 </dev/null || rc=$?
  seconds=$(awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN{printf "%.1f", b-a}')
  case $rc in
  0) passed=$((passed + 1)) && printf 'pass  %-40s %6s s\n' "$name" "$seconds" ;;
  77) skipped=$((skipped + 1)) && printf 'SKIPPED  %-37s %6s s  %s\n' "$name" "$seconds" "$(tail -n 1 "$log")" ;;
  *)
    failed=$((failed + 1))
    printf 'FAIL  %-40s %6s s  exit %s\n' "$name" "$seconds" "$rc"
    sed 's/^/      /' "$log" | tail -n 60
    ;;
  esac
done
echo "real: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed -gt 0 ] && rm -rf "$logs"
