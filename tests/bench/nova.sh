#!/bin/bash
# nova.sh BUILD_DIR [SERVERS]: servers of a real OpenStack (tests/real/openstack) started by tide's adapter beside openstackclient in
# a loop, as time for each; then all of them ended. Every one must come and go. The server bounds both: its own CPU time for each is
# printed beside; it builds ten at a time, as Nova does by default. TIDE_BENCH_SERVERS (1000) by tide, TIDE_BENCH_LOOP (20) by the loop.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: nova.sh BUILD_DIR [SERVERS]}" && pwd)
servers=${2:-${TIDE_BENCH_SERVERS:-1000}} loop=${TIDE_BENCH_LOOP:-20}
rig=$here/../real/openstack/openstack.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-bench-nova.XXXXXX")
finish() {
  "$rig" down "$work/os" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
code=0
OS_MAX_LIMIT=1000 OS_BUILDS=10 "$rig" up "$work/os" >"$work/up.log" 2>&1 || code=$?
[ $code = 0 ] || { tail -n 20 "$work/up.log" >&2; exit $code; }
# shellcheck disable=SC1091
. "$work/os/openrc"
export HOME=$work LC_ALL=C.UTF-8 PYTHONWARNINGS=ignore

now() { date +%s.%N; }
server_cpu() { # [SERVICE]: seconds of CPU of all five services so far, their workers too
  local pid all=0 one
  for pid in "$work"/os/${1:-*}.pid; do
    for one in $(pgrep -g "$(ps -o pgid= -p "$(cat "$pid")" | tr -d ' ')"); do
      all=$((all + $(awk '{print $14 + $15}' "/proc/$one/stat" 2>/dev/null || echo 0)))
    done
  done
  awk -v ticks="$all" -v hertz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", ticks / hertz }'
}
tool() { "$build/nova-tool" "$work/state" "$@" 2>/dev/null; }
count() { tool list >"$work/list" && grep -cE "$1" "$work/list" || true; } # PATTERN
wait_for() { # SECONDS WANTED PATTERN
  local end=$((SECONDS + $1))
  until [ "$(count "$3")" = "$2" ]; do
    [ $SECONDS -lt $end ] || { echo "bench: never $2 servers like '$3', but $(count "$3")" >&2; exit 1; }
    sleep 2
  done
}
each() { # WHAT SERVERS BEGIN END CPU-BEGIN CPU-END: prints a line, sets $seconds for one
  seconds=$(awk -v n="$2" -v a="$3" -v b="$4" 'BEGIN { printf "%.4f", (b - a) / n }')
  awk -v what="$1" -v n="$2" -v s="$seconds" -v a="$5" -v b="$6" \
    'BEGIN { printf "Nova: %-34s %5d servers %8.3f s each, the servers'\'' own CPU %6.3f s each\n", what, n, s, (b - a) / n }'
}

tool list >/dev/null # a token, and code that is loaded
openstack server list -f value >/dev/null
cpu=$(server_cpu) begin=$(now)
for n in $(seq "$loop"); do
  openstack --os-compute-api-version 2.37 server create --flavor m1.tiny --image debian-12 --property tide:cluster=physics --nic none "loop-$n" -f value -c id >/dev/null
done
end=$(now)
each "openstackclient in a loop" "$loop" "$begin" "$end" "$cpu" "$(server_cpu)"
theirs=$seconds
wait_for 300 "$loop" ' running '

cpu=$(server_cpu) nova=$(server_cpu nova) begin=$(now)
tool launch bench "$(seq -f 'b-%g' -s, "$servers")" >"$work/launched" || { grep -m 3 '^error' "$work/launched" >&2; exit 1; }
end=$(now)
accepted=$(grep -c ' pending ' "$work/launched")
[ "$accepted" = "$servers" ] || { echo "bench: $accepted of $servers servers were taken" >&2; exit 1; }
computed=$(server_cpu)
busy=$(awk -v a="$begin" -v b="$end" -v ca="$nova" -v cb="$(server_cpu nova)" 'BEGIN { printf "%.2f", (cb - ca) / (b - a) }') # cores
each "tide, until all are taken" "$servers" "$begin" "$end" "$cpu" "$computed"
ours=$seconds
wait_for 3600 $((servers + loop)) ' running '
each "tide, until all run" "$servers" "$begin" "$(now)" "$cpu" "$(server_cpu)"

for form in servers/detail servers; do # what a list costs the server
  token=$(sed 's/.*"token":"\([^"]*\)".*/\1/' "$work/state/tokens/nova.json")
  cpu=$(server_cpu) begin=$(now)
  for _ in 1 2 3; do
    bytes=$(curl -fsS -H "X-Auth-Token: $token" -H 'OpenStack-API-Version: compute 2.93' "http://127.0.0.1:$(($(cat "$work/os/port") + 4))/v2.1/$form?limit=1000" | wc -c)
  done
  awk -v f="$form" -v n=$((servers + loop)) -v b="$bytes" -v a="$begin" -v e="$(now)" -v ca="$cpu" -v ce="$(server_cpu)" \
    'BEGIN { printf "Nova: GET /%-28s %5d servers %8.2f s, the servers'\'' own CPU %6.2f s, %d KB\n", f, n, (e - a) / 3, (ce - ca) / 3, b / 1000 }'
done

cpu=$(server_cpu) begin=$(now)
mapfile -t ids < <(grep -oE '^[0-9a-f-]{36}' "$work/list")
printf '%s\n' "${ids[@]}" | xargs -n 500 "$build/nova-tool" "$work/state" terminate >"$work/ended" 2>/dev/null
[ "$(grep -c ' ended$' "$work/ended")" = "${#ids[@]}" ] || { grep -m 3 '^error' "$work/ended" >&2; exit 1; }
each "tide, until all ends are taken" "${#ids[@]}" "$begin" "$(now)" "$cpu" "$(server_cpu)"
wait_for 3600 0 .
each "tide, until none is left" "${#ids[@]}" "$begin" "$(now)" "$cpu" "$(server_cpu)"

# Ten times as fast, or as fast as Nova takes them: all of it is one process of Python here, which has one core and no more.
awk -v ours="$ours" -v theirs="$theirs" -v busy="$busy" 'BEGIN {
  printf "Nova: tide starts servers %.1f x as fast as openstackclient in a loop, while Nova computes on %.2f of its one core\n", theirs / ours, busy
  exit theirs >= 10 * ours || busy >= 0.9 ? 0 : 1 }' || { echo "bench: that is less than 10 x, and Nova had time left" >&2; exit 1; }
