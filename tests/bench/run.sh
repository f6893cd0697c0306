#!/bin/bash
# tests/bench/run.sh BUILD_DIR: tide's adapters beside the tools that people use today, on the same input. A build folder
# without optimisation is refused: its figures mean nothing (TIDE_BENCH_ANY_BUILD=1 to see that the script works).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: run.sh BUILD_DIR}" && pwd)
aws=/usr/bin/aws
kind=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt")
case $kind in
Rel*) ;;
*) [ -n "${TIDE_BENCH_ANY_BUILD:-}" ] || {
  echo "bench: $build is a $kind build; use: make bench" >&2
  exit 2
} ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-bench.XXXXXX")
. "$here/../support/serve.sh"
trap 'end_servers; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

"$build/bench-squeue" "$here/../fixtures/slurm/22.05/waiting-squeue.txt" "${TIDE_BENCH_LINES:-1000000}"
"$build/bench-watch"
queue() { # SYSTEM BENCH RECORDING
  /usr/bin/python3 "$here/queue.py" "$1" "$build/$2" "$here/../fixtures/$3" "${TIDE_BENCH_LINES:-1000000}" "$work/queue"
}
queue TORQUE bench-qstat torque/6.1/s2-offline-qstat-xt.xml
queue OpenPBS bench-qstat-json openpbs/23.06/s1-mixed-qstat-ft.json
queue HTCondor bench-condor-q htcondor/23.9/s1-mixed-jobs.txt

unset AWS_PROFILE AWS_ENDPOINT_URL AWS_SESSION_TOKEN
export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=secret
echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY" >"$work/keys"
serve "$build/fake-ec2" 0 "$work/keys"
endpoint=http://$server
[ -x "$aws" ] || {
  echo "bench: SKIPPED the EC2 list: no $aws; install it with: apt-get install awscli" >&2
  exit 77
}
filled=0
for machines in 0 1000 "${TIDE_BENCH_MACHINES:-10000}"; do
  [ "$machines" = "$filled" ] || curl -fsS "$endpoint/__gate/fill?n=$((machines - filled))&cluster=physics" >/dev/null
  filled=$machines
  is=$("$build/ec2-tool" "$endpoint" eu-central-1 list | wc -l)
  [ "$is" = "$machines" ] || {
    echo "bench: listed $is machines, not $machines" >&2
    exit 1
  }
  /usr/bin/python3 "$here/compare.py" "${TIDE_BENCH_RUNS:-3}" "EC2 list of $machines" -- \
    "$build/ec2-tool" "$endpoint" eu-central-1 list -- \
    "$aws" --endpoint-url "$endpoint" --region eu-central-1 ec2 describe-instances --filters Name=tag:tide:cluster,Values=physics
done
end_servers
code=0
"$here/nova.sh" "$build" || code=$?
[ $code != 77 ] || echo "bench: SKIPPED the launches on Nova: see tools/need openstack" >&2
exit $code
