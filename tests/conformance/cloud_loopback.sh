#!/bin/bash
# cloud_loopback.sh BUILD_DIR CONFORMANCE_CLOUD: the suite with the fake EC2 as a server of its own, over real HTTP.
set -eu
server=$(cd "${1:?usage: cloud_loopback.sh BUILD_DIR CONFORMANCE_CLOUD}" && pwd)/fake-ec2
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-cloud.XXXXXX")
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
echo "AKIDTEST secret/of+the=test" >"$work/keys"
"$server" 0 "$work/keys" >"$work/log" 2>&1 </dev/null &
pid=$!
for _ in $(seq 100); do
  grep -q '^listening on ' "$work/log" && break
  sleep 0.1
done
TIDE_TEST_EC2="http://$(sed -n 's/^listening on //p' "$work/log")/services/Cloud AKIDTEST secret/of+the=test" "$2"
