#!/bin/bash
# cloud_loopback.sh BUILD_DIR CONFORMANCE_CLOUD: the suite with the fake EC2 as a server of its own, over real HTTP.
set -eu
build=$(cd "${1:?usage: cloud_loopback.sh BUILD_DIR CONFORMANCE_CLOUD}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-cloud.XXXXXX")
. "$(dirname "$0")/../support/serve.sh"
trap 'end_servers; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
echo "AKIDTEST secret/of+the=test" >"$work/keys"
serve "$build/fake-ec2" 0 "$work/keys"
TIDE_TEST_EC2="http://$server/services/Cloud AKIDTEST secret/of+the=test" "$2"
