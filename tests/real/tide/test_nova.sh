#!/bin/bash
# OpenStack for real (Keystone, Nova with its fake driver, Glance, Neutron) and a real Slurm with waiting jobs: one pass launches
# exactly what fits, named and marked in the launch call; nodes join, jobs run; when the queue empties nodes are held, ended in a later
# pass, then removed, and nothing is left in Nova, Neutron or Slurm. Then a quota smaller than the demand, a token revoked in the middle
# of a pass, and a cloud that is down.
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"
os=$root/tests/real/openstack/openstack.sh
# Services ask Keystone about each token, so that a revoked one is refused at once; two servers a page, so that lists are paged.
OS_TOKEN_CACHE=-1 OS_MAX_LIMIT=2 rig_up "$work/os.log" "$os" up "$work/os"
slurm_up SLURM_TEST_SLURMD_TIMEOUT=300

(umask 077 && cat >"$work/clouds.yaml") <<EOF
clouds:
  here:
    auth: {auth_url: '$(cat "$work/os/url")', username: scaler, password: scaler-secret, project_name: hpc}
    region_name: RegionOne
EOF
# Slurm's commands, and a squeue that may do something first: a pass reads clouds, then jobs, then acts.
mkdir -p "$work/bin"
ln -s "$(command -v scontrol)" "$(command -v sinfo)" "$work/bin/"
printf '#!/bin/sh\n[ ! -x %s/between ] || %s/between >>%s/between.log 2>&1\nexec %s "$@"\n' "$work" "$work" "$work" "$(command -v squeue)" >"$work/bin/squeue"
chmod +x "$work/bin/squeue"

config_nova() {
  config_head >"$TIDE_CONFIG"
  cat >>"$TIDE_CONFIG" <<EOF
[batch]
bin_dir = "$work/bin"

[scale]
max_nodes = 8
idle_time = "3s"
boot_deadline = "300s"
max_end_per_pass = "100%"

[clouds.os]
kind = "nova"
cloud = "here"
clouds_file = "$work/clouds.yaml"

[pools.small]
cloud = "os"
image = "debian-12"
types = ["m1.small"]
slots = 2
memory = "1GiB"
price = 0.09
names = "{cluster}-{pool}-{n:02}"
EOF
}
config_nova

rig_os=$work/os
. "$root/tests/real/openstack/ask.sh"
servers() { # EXPRESSION: of each server of this cluster, on all pages
  local page marker=
  while page=$(nova "/servers/detail?all_tenants=1${marker:+&marker=$marker}"); do
    marker=$(each servers "s['id']" <<<"$page" | tail -n 1)
    [ -n "$marker" ] || break
    python3 -c "import json, sys; [print($1) for s in json.load(sys.stdin)['servers'] if s['metadata'].get('tide:cluster') == '$cluster']" <<<"$page"
  done
}
live() { servers "s['id']" | sort -u | wc -l; }
live_is() { [ "$(live)" = "$1" ]; }
built_is() { [ "$(servers "s['status'] + s['id']" | sort -u | grep -c '^ACTIVE')" = "$1" ]; }
soon() { # COMMAND...: a machine that moves out of its build request between two pages is on both, or on neither
  local tries
  for tries in $(seq 60); do "$@" && return 0; sleep 0.5; done
  return 1
}
turn_to() { # NAME: a cluster of its own, with the state that it had
  sed -i "s|^state_dir = .*|state_dir = \"$work/state$1\"|; s|^name = .*|name = \"$1$base\"|" "$TIDE_CONFIG"
  cluster=$1$base
}
base=$cluster

{ read -r _ && read -r subnet; } < <(network blue 10.20.0.0/24)

exits 0 tide doctor
same "the doctor started nothing" 0 "$(live)"

# One array of five two-slot tasks: five machines.
submit --array=0-4 -n2 --mem=200 --wrap 'sleep 600' >/dev/null
exits 0 tide scale-once
check "its machines are built" soon built_is 5
same "one pass launches exactly what fits" 5 "$(live)"
same "each named as its node" "$(seq -f "$cluster-small-0%g" 5 | xargs)" "$(servers "s['name']" | sort | xargs)"
same "marked in the launch call" "5 5 5 5 5" "$(servers "len({'tide:' + t for t in 'cluster intent owner pool template'.split()} & set(s['metadata']))" | xargs)"
exits 0 tide scale-once
same "a second pass launches nothing" 5 "$(live)"
same "Slurm has the five nodes, held" 5 "$(sinfo -hN -o %N | sort -u | wc -l)"

# The machines boot.
check "tide told Slurm the addresses that Neutron gave" until_true 60 sh -c '[ $(scontrol show node | grep -c "NodeAddr=10\.20\.0\.") = 5 ]'
for n in 1 2 3 4 5; do start_node "$cluster-small-0$n" small; done
check "five tasks run" until_true 60 jobs_run 5
scancel --user=root
check "when the queue empties, nodes are held" until_true 40 some_note_has 'tide: end idle'
check "held first, ended in a later pass" test "$(live)" -gt 0
check "then ended: Nova has none" until_true 60 live_is 0
for n in 1 2 3 4 5; do stop_node "$cluster-small-0$n"; done
passes 2 0 # two listings a minute apart prove that a machine is gone: see the end of this story
same "and Neutron has no port of theirs" 0 "$(neutron /ports | each ports "s['id']" | wc -l)"
set_key idle_time '"1h"'

# A quota of three with a demand of five: three come, and the two others are told in words.
turn_to quota
quota 3
job=$(submit --array=0-4 -n2 --mem=200 --wrap 'sleep 600')
exits 0 tide -v scale-once
says "3 machines of its quota left"
check "what the quota allows came" soon built_is 3
tide explain "$job" >"$work/last.out" 2>&1 || true
says 'quota'
exits 8 tide launch small -n 1
says 'quota'
exits 0 tide scale-once
same "and no more is tried" 3 "$(live)"
quota 10000
exits 0 tide scale-once
check "with more quota the rest comes" soon built_is 5
scancel "$job"

# Floating IPs: one for each machine, by which its node goes. A person's are left alone.
outside=$(neutron /networks -d '{"network": {"name": "outside", "router:external": true}}' | id_in network)
neutron /subnets -d "{\"subnet\": {\"network_id\": \"$outside\", \"ip_version\": 4, \"cidr\": \"203.0.113.0/24\", \"enable_dhcp\": false}}" >/dev/null
router=$(neutron /routers -d "{\"router\": {\"name\": \"r\", \"project_id\": \"$project\", \"external_gateway_info\": {\"network_id\": \"$outside\"}}}" | id_in router)
floating() { neutron "/floatingips?project_id=$project" | each floatingips "$1"; }
turn_to float
neutron /floatingips -d "{\"floatingip\": {\"floating_network_id\": \"$outside\", \"project_id\": \"$project\", \"description\": \"a person's\"}}" >/dev/null
sed -i 's|^price = .*|&\nfloating_network = "outside"\naddress = "public"|' "$TIDE_CONFIG"
job=$(submit -N2 -n4 --mem=200 --wrap 'sleep 600')
exits 0 tide scale-once
check "two machines came" soon built_is 2
no_router() {
  code=0
  tide scale-once >"$work/last.out" 2>"$work/last.err" || code=$?
  grep -q 'not reachable from subnet' "$work/last.err"
}
check "without a router to it the network's trouble is told" until_true 60 no_router
says 'openstack router add subnet'
neutron "/routers/$router/add_router_interface" -X PUT -d "{\"subnet_id\": \"$subnet\"}" >/dev/null
nodes_at() { [ "$(scontrol show node | grep -c "NodeAddr=$1")" = "$2" ]; }
check "nodes go by their floating IPs" until_true 60 nodes_at '203\.0\.113\.' 2
passes 2 0
same "each machine has one, beside the person's" 3 "$(floating "s['id']" | wc -l)"
scancel "$job"
mapfile -t ids < <(servers "s['id']")
exits 0 tide terminate "${ids[@]}" --yes --no-wait
check "their machines end" until_true 60 live_is 0
config_nova
set_key idle_time '"1h"'

# A token that is revoked between what a pass reads and what it does is renewed, once, and nothing is launched twice.
turn_to token
submit -N2 -n4 --mem=200 --wrap 'sleep 600' >/dev/null
cat >"$work/between" <<EOF
#!/bin/sh
token=\$(sed 's/.*"token":"\\([^"]*\\)".*/\\1/' "$work/statetoken/tokens/os.json")
curl -fsS -X DELETE -H "X-Auth-Token: \$token" -H "X-Subject-Token: \$token" $(cat "$work/os/url")/auth/tokens && echo revoked
EOF
chmod +x "$work/between"
exits 0 tide -vv scale-once
rm "$work/between"
same "the token was revoked in the middle of the pass" 1 "$(grep -c revoked "$work/between.log")"
check "its two machines came" soon built_is 2
same "with one token more than the first" 2 "$(grep -c 'POST .*/auth/tokens' "$work/last.err")"

# The floating IPs of the two that ended are free for a minute by now: they go back, and the person's stays.
scancel --user=root
turn_to float
sed -i 's|^price = .*|&\nfloating_network = "outside"|' "$TIDE_CONFIG"
floats_are() { [ "$(floating "s['id']" | wc -l)" = "$1" ]; }
check "what no machine has is given back" until_true 70 floats_are 1
same "and the person's is left" "a person's" "$(floating "s['description']")"

# The first cluster's machines have been gone for more than a minute.
config_nova
turn_to ''
gone_from_slurm() { ! sinfo -hN -o %N | grep -q "^$base-"; }
check "their nodes are out of Slurm" until_true 70 gone_from_slurm

# A cloud that is down: 6, told in words; what was there is there when it is back.
"$os" down "$work/os" >/dev/null 2>&1
exits 6 tide scale-once
says "cloud 'os'"
exit $failed
