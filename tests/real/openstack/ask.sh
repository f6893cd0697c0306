# shellcheck shell=bash disable=SC2154
# What the rig itself says, by curl and as its administrator: openstackclient takes a second or two a call. Sourced after the
# rig is up, with its folder in $rig_os; sets $port and $project.
port=$(cat "$rig_os/port")
project=$(sed -n 's/.*project \([0-9a-f]*\)$/\1/p' "$rig_os/openrc")
token_for() { # USER PASSWORD PROJECT
  curl -fsS -D - -o /dev/null -H 'Content-Type: application/json' "http://127.0.0.1:$port/v3/auth/tokens" -d "{\"auth\": {\"identity\": {\"methods\":
    [\"password\"], \"password\": {\"user\": {\"name\": \"$1\", \"password\": \"$2\", \"domain\": {\"id\": \"default\"}}}},
    \"scope\": {\"project\": {\"name\": \"$3\", \"domain\": {\"id\": \"default\"}}}}}" | tr -d '\r' | sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: //p'
}
admin=$(token_for admin secret admin)
ask() { # PORT PATH CURL-OPTIONS...
  curl -fsS -H "X-Auth-Token: $admin" -H 'OpenStack-API-Version: compute 2.93' -H 'Content-Type: application/json' "http://127.0.0.1:$((port + $1))$2" "${@:3}"
}
nova() { ask 4 "/v2.1$1" "${@:2}"; }
neutron() { ask 3 "/v2.0$1" "${@:2}"; }
each() { python3 -c "import json, sys; [print($2) for s in json.load(sys.stdin)['$1']]"; } # LIST EXPRESSION of each s
id_in() { python3 -c "import json, sys; print(json.load(sys.stdin)['$1']['id'])"; }     # OBJECT
quota() { nova "/os-quota-sets/$project" -X PUT -d "{\"quota_set\": {\"instances\": $1, \"force\": true}}" >/dev/null; }
network() { # NAME [CIDR]: a network of the project; prints the IDs of it and its subnet
  local id
  id=$(neutron /networks -d "{\"network\": {\"name\": \"$1\", \"project_id\": \"$project\"}}" | id_in network)
  echo "$id"
  [ $# = 1 ] || neutron /subnets -d "{\"subnet\": {\"network_id\": \"$id\", \"project_id\": \"$project\", \"ip_version\": 4, \"cidr\": \"$2\"}}" | id_in subnet
}
