#!/bin/bash
# test_openstackclient.sh BUILD_DIR: Debian's openstack and nova commands against our fake OpenStack, for every call that
# tide uses: the fake that the other tests trust speaks the real protocol.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=$(cd "${1:?usage: test_openstackclient.sh BUILD_DIR}" && pwd)
"$root/tools/need" openstack || exit 77
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-fake-nova.XXXXXX")
. "$root/tests/support/serve.sh"
trap 'end_servers; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
serve "$build/fake-nova" 0
base=http://$server
export HOME=$work OS_AUTH_URL=$base/identity/v3 OS_USERNAME=scaler OS_PASSWORD=scaler-secret OS_PROJECT_NAME=hpc
export OS_USER_DOMAIN_ID=default OS_PROJECT_DOMAIN_ID=default OS_REGION_NAME=RegionOne PYTHONWARNINGS=ignore
unset OS_CLOUD OS_CLIENT_CONFIG_FILE
checks=0

fail() {
  echo "FAILED: $*"
  cat "$work/out" "$work/err"
  exit 1
}
good() { "$@" >"$work/out" 2>"$work/err" || fail "should work: $*"; }
bad() { # WORDS COMMAND...
  local words=$1
  shift
  if "$@" >"$work/out" 2>"$work/err"; then fail "should not work: $*"; fi
  grep -qF -- "$words" "$work/out" "$work/err" || fail "should say '$words': $*"
  checks=$((checks + 1))
}
says() { if grep -qE -- "$1" "$work/out"; then checks=$((checks + 1)); else fail "does not say: $1"; fi; }
is() { if [ "$(cat "$work/out")" = "$1" ]; then checks=$((checks + 1)); else fail "is not '$1'"; fi; }
gate() { curl -fsS "$base/__gate/$1" >/dev/null; }

echo "# tokens"
good openstack token issue -f value -c project_id
is 8a7836c8eb444026a16c6ec5a07691b6
OS_PASSWORD=wrong bad 'requires authentication' openstack token issue
OS_AUTH_URL=$base/identity good openstack token issue -f value -c user_id
OS_AUTH_TYPE=v3applicationcredential OS_APPLICATION_CREDENTIAL_ID=0123456789abcdef0123456789abcdef \
  OS_APPLICATION_CREDENTIAL_SECRET=app-secret good env -u OS_USERNAME -u OS_PASSWORD -u OS_PROJECT_NAME -u OS_USER_DOMAIN_ID \
  -u OS_PROJECT_DOMAIN_ID openstack token issue -f value -c project_id

echo "# flavors, images, networks, limits"
good openstack flavor list -f value -c Name
says '^m1.small$'
good openstack image list -f value -c Name
is debian-12
good openstack network list -f value -c Name
is private
good openstack limits show --absolute -f value -c Name -c Value
says '^totalInstancesUsed 0$'

echo "# servers: create, list, show, console, delete"
good openstack --os-compute-api-version 2.52 server create --flavor m1.tiny --image debian-12 --network private \
  --property tide:cluster=physics --tag tide:physics one -f value -c id
good openstack server list -f value -c Name
is one
good openstack server list --long -f value -c Status
is ACTIVE
good openstack server show one -f value -c properties
says "'tide:cluster': 'physics'"
good openstack console log show one
says 'LAST LINE'
good nova list --minimal
says ' one '
good nova show one
says 'm1.tiny'
good nova console-log one
says 'FAKE CONSOLE OUTPUT'
good nova limits
gate 'quota?n=1'
bad 'Quota exceeded' openstack server create --flavor m1.tiny --image debian-12 --network private two
gate quota
gate 'capacity?n=0'
good openstack server create --flavor m1.tiny --image debian-12 --network private two
gate capacity
good openstack server show two -f value -c fault
says 'No valid host was found'
gate 'fill?n=30&cluster=other'
good openstack server list --limit -1 -f value -c Name
[ "$(wc -l <"$work/out")" = 32 ] || fail 'not 32 machines'
good openstack server delete one two
bad "No server with a name or ID of 'nine' exists" openstack server delete nine
good openstack server list -f value -c Name
good openstack server list --limit -1 -f value -c Name
if grep -q '^one$' "$work/out"; then fail 'one is still there'; fi

echo "# ports: list, describe, delete; volumes: list by property, properties"
gate 'volumes?n=1'
good openstack server create --flavor m1.tiny --image debian-12 --boot-from-volume 20 --network private vol -f value -c id
vol=$(tail -n 1 "$work/out")
good openstack port list --server "$vol" -f value -c ID
port=$(cat "$work/out")
good openstack port set --description 'tide:cluster=physics tide:owner=head' "$port"
good openstack port show "$port" -f value -c description
is 'tide:cluster=physics tide:owner=head'
good openstack port list --device-owner compute:nova --long -f value -c ID
says "^$port$"
good openstack server show "$vol" -f value -c volumes_attached
volume=$(grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}' "$work/out" | head -n 1)
good openstack volume set --property tide:cluster=physics "$volume"
good openstack volume list -f value -c ID -c Status -c Size
is "$volume in-use 20"
good openstack volume show "$volume" -f value -c properties
says "'tide:cluster': 'physics'"
good cinder list --metadata tide:cluster=physics # openstackclient has no filter by property
says "$volume.* in-use "
good cinder list --metadata tide:cluster=other
if grep -q "$volume" "$work/out"; then fail 'another cluster has the volume'; fi
gate 'leave?n=1'
good openstack server delete "$vol"
good openstack server list --limit -1 -f value -c Name
good openstack server list --limit -1 -f value -c Name
good openstack volume list -f value -c ID -c Status
is "$volume available"
good openstack port delete "$port"
bad "No Port found for $port" openstack port show "$port"
good openstack volume delete "$volume"
good openstack volume list -f value -c ID
is ''

echo "# faults on order"
gate 'fail?n=9&status=503'
bad '503' nova --os-compute-api-version 2.1 list
echo "fake OpenStack over openstackclient and novaclient: $checks checks passed"
