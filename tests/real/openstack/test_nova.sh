#!/bin/bash
# test_nova.sh BUILD_DIR: the Nova adapter against a real OpenStack: launch, list, end, names, networks, quotas, faults,
# tokens, microversions, pages, a cloud that is down.
# shellcheck disable=SC2030,SC2031  # each subshell has an environment of its own
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: test_nova.sh BUILD_DIR}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-nova.XXXXXX")
finish() {
  "$here/openstack.sh" down "$work/os" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
OS_MAX_LIMIT=${OS_MAX_LIMIT:-7} OS_NETWORK_PAGE=2 "$here/openstack.sh" up "$work/os" >"$work/up.log" 2>&1 || { code=$?; tail -n 20 "$work/up.log"; exit $code; }
# shellcheck disable=SC1091
. "$work/os/openrc"
rig_os=$work/os
# shellcheck source=tests/real/openstack/ask.sh
. "$here/ask.sh"
export HOME=$work LC_ALL=C.UTF-8 PYTHONWARNINGS=ignore
checks=0

fail() {
  echo "FAILED: $*"
  sed 's/^/  out: /' "$work/out"
  exit 1
}
nova_tool() { "$build/nova-tool" "$work/state" "$@" >"$work/out" 2>"$work/err"; }
good() { nova_tool "$@" || fail "should work: $*"; }
bad() { # bad KIND ARGUMENTS...
  local kind=$1
  shift
  if nova_tool "$@"; then fail "should not work: $*"; fi
  grep -q "^error $kind: " "$work/out" || fail "should be of kind $kind: $*"
  grep -q '^hint: ' "$work/out" || fail "no hint: $*"
  checks=$((checks + 1))
}
says() { if grep -qE -- "$1" "$work/out"; then checks=$((checks + 1)); else fail "does not say: $1"; fi; }
is() { if [ "$1" = "$2" ]; then checks=$((checks + 1)); else fail "is '$1', not '$2'"; fi; }
ids() { grep -oE '^[0-9a-f-]{36}' "$work/out" || true; }
live() { good list "$@"; grep -cE '^[0-9a-f-]{36} (pending|running|failed) ' "$work/out" || true; }
until_is() { # SECONDS WANTED COMMAND...
  local end=$((SECONDS + $1)) wanted=$2
  shift 2
  while [ "$("$@")" != "$wanted" ]; do
    [ $SECONDS -lt $end ] || fail "never '$wanted': $*"
    sleep 0.5
  done
  checks=$((checks + 1))
}
running() { good list; grep -c ' running ' "$work/out" || true; }
server() { nova "/servers/detail?all_tenants=1&name=%5E$1\$" | each servers "$2"; } # NAME EXPRESSION of it
id_of() { server "$1" "s['id']"; }
action() { nova "/servers/$(id_of "$1")/action" -d "{\"$2\": null}"; } # NAME ACTION

echo "# launch, list, names, metadata; no network: none"
is "$(live)" 0
good launch t1 n-1,n-2,n-3
is "$(ids | wc -l)" 3
until_is 60 3 running
says '^[0-9a-f-]{36} running n-1 m1.tiny nova - intent=t1-1$'
is "$(server n-2 "s['metadata']['tide:owner']")" "head 1 / ü"
is "$(nova "/servers?all_tenants=1&tags=tide:physics" | each servers "s['name']" | sort | xargs)" "n-1 n-2 n-3"
is "$(live other)" 0

echo "# the token is kept, 0600, and no log or output has it"
is "$(stat -c %a "$work/state/tokens/nova.json")" 600
token=$(sed 's/.*"token":"\([^"]*\)".*/\1/' "$work/state/tokens/nova.json")
is "$(cat "$work/out" "$work/err" | grep -cF "${token:0:20}")" 0

echo "# paged (7 a page): 20 machines and 5 of others"
good launch t2 "$(seq -f p-%g -s, 17)"
good launch o1 "$(seq -f o-%g -s, 5)" cluster=other
until_is 90 20 running
is "$(live other)" 5

echo "# flavors, images, by name or ID; what is not there is told before anything starts"
good types m1.small c1.huge no.such
says '^m1.small 2 2048$'
flavor=$(nova /flavors | each flavors "s['id'] if s['name'] == 'm1.tiny' else ''" | xargs)
image=$(ask 2 "/v2/images?name=debian-12" | each images "s['id']")
good launch t3 byid flavor="$flavor" image="$image"
bad config launch t4 x flavor=m1.tinny
says "Did you mean 'm1.tiny'"
bad config launch t4 x image=nothing
bad bad_request launch t4 x image=00000000-0000-0000-0000-000000000000
bad bad_request launch t4 x zone=nowhere
says 'availability zone'
bad bad_request launch t4 x key=nokey
bad bad_request launch t4 x user_data_bytes=49152
good launch t5 big user_data_bytes=49149
good launch t6 "$(printf 'n%.0s' $(seq 63))"
bad bad_request launch tm meta cluster="$(printf 'c%.0s' $(seq 256))"
good launch tm meta cluster="$(printf 'c%.0s' $(seq 255))"
good terminate "$(ids)"

echo "# ERROR: no valid host, in the cloud's words"
good launch t7 huge flavor=c1.huge
until_is 60 1 sh -c "'$build/nova-tool' '$work/state' list 2>/dev/null | grep -c 'huge .*fault=capacity: No valid host was found.'"

echo "# partial capacity: what fits runs, the rest is told, each by itself"
good launch t8 half-1,half-2,half-3 flavor=c1.half
halves() { # how many are settled, once some run and some do not
  local run not
  good list
  run=$(grep -c ' running half-' "$work/out" || true)
  not=$(grep -c ' failed half-.*fault=capacity: No valid host was found' "$work/out" || true)
  if [ "$run" -gt 0 ] && [ "$not" -gt 0 ]; then echo $((run + not)); fi
}
until_is 60 3 halves

echo "# networks: the only one, several, by name; addresses"
{ read -r blue && read -r _; } < <(network blue 10.20.0.0/24)
good launch t8 wired-1
until_is 60 1 sh -c "'$build/nova-tool' '$work/state' list 2>/dev/null | grep -c ' running wired-1 .* 10\\.20\\.0\\.'"
red=$(network red)
bad config launch t9 wired-2
says 'blue, red'
good launch t9 wired-2 networks=blue security_groups=default config_drive=true
bad config launch t9 wired-3 networks=green

echo "# ports: marked while their machine runs; one whose machine is gone is deleted, others' are not"
described() { neutron "/ports?id=$1" | each ports "s['description']"; } # PORT
owner='tide:cluster=physics tide:owner=head 1 / ü cloud:nova'
wired=$(neutron "/ports?device_id=$(id_of wired-1)" | each ports "s['id']")
is "$(described "$wired")" ""
good upkeep 0
is "$(described "$wired")" "$owner"
orphan() { # DESCRIPTION: a port as Nova makes them, of a machine that is none
  neutron /ports -d "{\"port\": {\"network_id\": \"$blue\", \"project_id\": \"$project\", \"device_id\": \"00000000-0000-4000-8000-00000000000$2\",
    \"device_owner\": \"compute:nova\", \"description\": \"$1\"}}" | id_in port
}
ours=$(orphan "$owner" 1) nobodys=$(orphan "" 2)
good upkeep 0
is "$(described "$ours")" "$owner tide:left"
good upkeep 500
is "$(grep -c sweep "$work/out" || true)" 0
good upkeep 700
says "^sweep $ours: port $ours .* of machine 00000000-0000-4000-8000-000000000001, which is gone$"
is "$(neutron "/ports?id=$ours&id=$nobodys&id=$wired" | each ports "s['id']" | sort)" "$(printf '%s\n' "$nobodys" "$wired" | sort)"
neutron "/ports/$nobodys" -X DELETE

echo "# server groups by name"
curl -fsS -H "X-Auth-Token: $(token_for scaler scaler-secret hpc)" -H 'Content-Type: application/json' "http://127.0.0.1:$((port + 4))/v2.1/os-server-groups" \
  -d '{"server_group": {"name": "spread", "policies": ["anti-affinity"]}}' >/dev/null
good launch ta spread-1 server_group=spread networks=blue
bad config launch ta spread-2 server_group=spred networks=blue

echo "# console; end; again; unknown"
id=$(id_of n-1)
good console "$id"
says 'FAKE CONSOLE'
bad eventual console 00000000-0000-0000-0000-000000000000
action n-2 lock
bad bad_request terminate "$(id_of n-2)"
says 'locked'
action n-2 unlock
good list
mapfile -t all < <(ids)
good terminate "${all[@]}" 00000000-0000-0000-0000-000000000000
is "$(grep -c ' ended$' "$work/out")" $((${#all[@]} + 1))
until_is 90 0 live
good terminate "${all[@]}"

echo "# quota: what is left, with others' use counted; refused in words"
quota 7
may_start() { # Nova counts a machine for a while after it no longer lists it
  good limits
  sed -n 's/^machines //p' "$work/out"
}
until_is 60 2 may_start
says '^cores unlimited$'
# Calls side by side race in Nova: it takes more than fit, and each that then sees too many ends in ERROR, with the same
# words. So no more than two run, and the others are told as quota, whichever way they went.
if nova_tool launch q1 q-1,q-2,q-3,q-4 networks=blue; then :; fi
refused=$(grep -c '^error quota: ' "$work/out" || true)
is "$(grep -c '^error ' "$work/out" || true)" "$refused"
settled() {
  good list
  echo $((refused + $(grep -cE ' (running q-[1-4] |failed q-[1-4] .*fault=quota: Quota exceeded)' "$work/out" || true)))
}
until_is 60 4 settled
is "$(($(running) <= 2))" 1
bad quota launch q2 q-5 networks=blue
says 'Quota exceeded for instances: Requested 1, but already used [0-9]+ of 7'
quota 10000

echo "# microversions: an old ceiling and everything up to the newest"
neutron "/networks/$red" -X DELETE
for version in 2.1 2.26 2.36 2.37 2.46 2.47 2.52 2.53 2.61 2.68 2.69 2.79 2.90 2.93; do # where something changes, and the newest
  export OS_COMPUTE_API_VERSION=$version
  good launch "v$version" "v-${version#2.}"
  one=$(ids)
  good list
  says "$one .* v-${version#2.} m1.tiny "
  good terminate "$one"
done
unset OS_COMPUTE_API_VERSION

echo "# tokens: revoked in mid-life, wrong password, application credential right, wrong, revoked"
token=$(sed 's/.*"token":"\([^"]*\)".*/\1/' "$work/state/tokens/nova.json")
sed -i "s/$token/gAAAAAnonsense/" "$work/state/tokens/nova.json"
good list
OS_PASSWORD=wrong bad auth list
says "environment's OS_"
good list
credential=$(sed -n 's/^# application credential: \([0-9a-f]*\) .*/\1/p' "$work/os/openrc")
(
  unset OS_USERNAME OS_PASSWORD OS_PROJECT_NAME OS_USER_DOMAIN_ID OS_PROJECT_DOMAIN_ID
  export OS_APPLICATION_CREDENTIAL_ID=$credential OS_APPLICATION_CREDENTIAL_SECRET=app-secret OS_AUTH_TYPE=v3applicationcredential
  good launch ac ac-1
  good list
  OS_APPLICATION_CREDENTIAL_SECRET=wrong bad auth list
  OS_APPLICATION_CREDENTIAL_ID=00000000000000000000000000000000 bad auth list
)
user=$(sed -n 's/.*; user \([0-9a-f]*\),.*/\1/p' "$work/os/openrc")
own=$(token_for scaler scaler-secret hpc)
curl -fsS -X DELETE -H "X-Auth-Token: $own" "$OS_AUTH_URL/users/$user/application_credentials/$credential"
(
  unset OS_USERNAME OS_PASSWORD OS_PROJECT_NAME OS_USER_DOMAIN_ID OS_PROJECT_DOMAIN_ID
  export OS_APPLICATION_CREDENTIAL_ID=$credential OS_APPLICATION_CREDENTIAL_SECRET=app-secret OS_AUTH_TYPE=v3applicationcredential
  rm -f "$work/state/tokens/nova.json"
  bad auth list
)
OS_REGION_NAME=Nowhere bad config list
says 'RegionOne'

echo "# clouds.yaml, as openstackclient reads it; an unversioned endpoint of Keystone"
mkdir -p "$work/.config/openstack"
(umask 077; cat >"$work/.config/openstack/clouds.yaml" <<EOF
clouds:
  here:
    auth: {auth_url: '${OS_AUTH_URL%/v3}', username: scaler, password: scaler-secret, project_name: hpc}
    region_name: RegionOne
EOF
)
(
  unset OS_AUTH_URL OS_USERNAME OS_PASSWORD OS_PROJECT_NAME OS_USER_DOMAIN_ID OS_PROJECT_DOMAIN_ID OS_REGION_NAME
  OS_CLOUD=here good list
  OS_CLOUD=her bad config list
)

echo "# Keystone as a second, independent judge of our SigV4 signatures"
"$here/judge_signatures.py" "$build/sigv4-sign" 30 >"$work/out" 2>&1 || fail "signatures"
says 'judged 30 signatures and 30 tampered ones, 0 wrongly'

echo "# nobody listens"
"$here/openstack.sh" down "$work/os" >/dev/null
bad retry list
echo "Nova adapter over a real OpenStack: $checks checks passed"
