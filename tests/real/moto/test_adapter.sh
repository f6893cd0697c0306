#!/bin/bash
# test_adapter.sh BUILD_DIR: the EC2 adapter against moto behind the strict gate, through real HTTP.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tool=$(cd "${1:?usage: test_adapter.sh BUILD_DIR}" && pwd)/ec2-tool
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-moto.XXXXXX")
trap '"$here/moto.sh" down "$work" >/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
"$here/moto.sh" up "$work" || exit $?
endpoint=$(cat "$work/endpoint")
export AWS_SHARED_CREDENTIALS_FILE=$work/credentials AWS_CONFIG_FILE=$work/none AWS_EC2_METADATA_DISABLED=true
checks=0

fail() {
  echo "FAILED: $*"
  sed 's/^/  out: /' "$work/out"
  sed 's/^/  log: /' "$work/gate.log"
  exit 1
}
ec2() { "$tool" "$endpoint" eu-central-1 "$@" >"$work/out" 2>&1; }
good() { ec2 "$@" || fail "should work: $*"; }
bad() { # bad KIND ARGUMENTS...: fails with this kind of error
  local kind=$1
  shift
  if ec2 "$@"; then fail "should not work: $*"; fi
  grep -q "^error $kind: " "$work/out" || fail "should be of kind $kind: $*"
  grep -q '^hint: ' "$work/out" || fail "no hint: $*"
  checks=$((checks + 1))
}
says() { grep -qE -- "$1" "$work/out" && checks=$((checks + 1)) || fail "does not say: $1"; }
is() { [ "$1" = "$2" ] && checks=$((checks + 1)) || fail "is '$1', not '$2'"; }
gate() { curl -fsS "$endpoint/__gate/$1" >"$work/gate-answer"; }
ids() { grep -o '^i-[0-9a-f]*' "$work/out" || true; }
live() {
  good list
  grep -cE ' (pending|running) ' "$work/out" || true
}
token() { printf '%032x' "$1"; }

echo "# launch, list, names, tags"
is "$(live)" 0
good launch "$(token 1)" 3 1
is "$(ids | wc -l)" 3
ids | sort >"$work/first"
good list
says "^i-.* running small-1001 c5.large on-demand (10|172)\..* owner=head\+1 / é intent=$(token 1)$"
says ' small-1002 '
says ' small-1003 '
is "$(live)" 3

echo "# the same token twice; other words with it"
good launch "$(token 1)" 3 1
is "$(ids | sort | diff - "$work/first" && echo same)" same
is "$(live)" 3
bad bad_request launch "$(token 1)" 2 1
says IdempotentParameterMismatch

echo "# capacity: partly, too little, none"
gate 'capacity?n=2'
good launch "$(token 2)" 5 1
is "$(ids | wc -l)" 2
gate 'capacity?n=2'
bad capacity launch "$(token 3)" 5 3
is "$(live)" 5
gate capacity

echo "# disk on the image's root device, spot"
good launch "$(token 4)" 1 1 disk=30GiB market=spot
says ' spot '
bad bad_request launch "$(token 5)" 1 1 disk=30GiB image=ami-00000000000000000

echo "# console, types"
id=$(head -n 1 "$work/first")
good console "$id"
says 'Linux version'
bad eventual console i-0123456789abcdef0
good types c5.large no.such g4dn.xlarge
says '^c5.large 2 4096$'
says '^g4dn.xlarge 4 16384 t4:1$'
is "$(wc -l <"$work/out")" 2

echo "# the reply lost after the effect, before it, cut, a page instead"
for mode in 'mode=drop&after=1' 'mode=truncate&after=1' 'mode=drop'; do
  number=$((${number:-10} + 1))
  before=$(live)
  gate "fail?n=1&action=RunInstances&$mode"
  bad retry launch "$(token $number)" 2 1
  good launch "$(token $number)" 2 1
  is "$(live)" $((before + 2))
done
gate 'fail?n=1&action=DescribeInstances&mode=truncate'
bad retry list
gate 'fail?n=1&action=DescribeInstances&mode=html'
bad retry list
says '502'

echo "# throttled, told how long, then fine"
gate 'fail?n=1&action=DescribeInstances&status=503&code=RequestLimitExceeded&retry_after=7'
bad throttled list
says '^retry after 7 s$'
good list

echo "# the clock an hour off, both ways: found and repaired"
for seconds in 3600 -3600; do
  gate "skew?s=$seconds"
  good list
done
gate 'skew?s=0'

echo "# end: one unknown ID keeps no other from ending; again is fine"
good list
mapfile -t all < <(ids)
good terminate "${all[@]:0:3}" i-0123456789abcdef0 "${all[@]:3}"
is "$(grep -c ' ended$' "$work/out")" $((${#all[@]} + 1))
is "$(live)" 0
good terminate "${all[@]}"
good list
says ' gone '

echo "# wrong secret, unknown key, no credentials: auth, and the hint names the source"
(umask 077; sed 's#^aws_secret_access_key = .*#aws_secret_access_key = wrong/secret#' "$work/credentials" >"$work/wrong")
AWS_SHARED_CREDENTIALS_FILE=$work/wrong bad auth list
says "^error auth: cloud 'aws' failed at DescribeInstances: AuthFailure$"
says "^hint: .*profile 'default' in $work/wrong"
AWS_ACCESS_KEY_ID=AKIANOBODY AWS_SECRET_ACCESS_KEY=x bad auth list
says "^hint: .*the environment's AWS_ACCESS_KEY_ID"
AWS_SHARED_CREDENTIALS_FILE=$work/none bad auth list
! grep -rqF "$(awk '{print $2}' "$work/keys")" "$work/out" "$work/gate.log" || fail "a secret was printed"

echo "# nobody listens"
"$here/moto.sh" down "$work" >/dev/null
echo "[default]
aws_access_key_id = a
aws_secret_access_key = b" >"$work/credentials"
chmod 600 "$work/credentials"
bad retry list
says 'endpoint'
echo "adapter over moto: $checks checks passed"
