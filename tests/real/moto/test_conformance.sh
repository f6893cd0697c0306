#!/bin/bash
# test_conformance.sh BUILD_DIR: the suite of the cloud port with the EC2 adapter against moto behind the strict gate.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
suite=$(cd "${1:?usage: test_conformance.sh BUILD_DIR}" && pwd)/conformance-cloud
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-moto.XXXXXX")
trap '"$here/moto.sh" down "$work" >/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
"$here/moto.sh" up "$work" || exit $?
read -r key secret <"$work/keys"
TIDE_TEST_EC2="$(cat "$work/endpoint") $key $secret" "$suite"
