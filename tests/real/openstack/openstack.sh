#!/bin/bash
# openstack.sh up|down|status DIR   a real OpenStack (Debian's Zed) on loopback: no systemd, no RabbitMQ, no MariaDB.
#   keystone P, placement P+1, glance P+2 (uwsgi, SQLite); neutron P+3 (ML2 without agents); nova P+4: API, scheduler,
#   conductor and computes in one process on an in-process bus with Nova's fake driver; metadata P+5.
# DIR/openrc is the user's openrc (it names the administrator and an application credential too); DIR/url is Keystone's.
#   OS_PORT=P            first port; else a free one is found, and kept in DIR
#   OS_TOKEN_TTL=3600    seconds that a token lives      OS_QUOTA_INSTANCES=10000   OS_MAX_LIMIT=1000  servers a page
#   OS_TOKEN_CACHE=300   seconds for which services believe in a token without asking Keystone; -1: never
#   OS_COMPUTES=1        OS_DRIVER=fake.FakeDriver       how many hypervisors, and of which kind
# up on a DIR that is up does nothing. Exit 77: packages are missing and may not be installed here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# = 2 ] || { sed -n 2,11p "$0"; exit 2; }
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
services="keystone placement glance neutron nova"
export PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
unset OS_CLOUD OS_CLIENT_CONFIG_FILE 2>/dev/null || true
PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin

alive() { [ -s "$dir/$1.pid" ] && kill -0 "$(cat "$dir/$1.pid")" 2>/dev/null; }

free() { # PORT: do it and the five after it answer nobody?
  local port
  for port in $(seq "$1" $(($1 + 5))); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 1; fi
  done
}

choose_ports() {
  local first=${OS_PORT:-}
  if [ -s "$dir/port" ]; then first=$(cat "$dir/port"); fi
  # Outgoing connections may take ports of the ephemeral range meanwhile: look below it.
  while [ -z "$first" ] || ! free "$first"; do first=$((12000 + RANDOM % 8000)); done
  echo "$first" >"$dir/port"
  keystone=$first placement=$((first + 1)) glance=$((first + 2)) neutron=$((first + 3)) nova=$((first + 4)) metadata=$((first + 5))
}

# The paste files only, unpacked here: their packages would bring users and daemons.
unpack_paste_files() {
  local deb
  [ -s "$dir/deb/usr/share/neutron-common/api-paste.ini" ] && return 0
  mkdir -p "$dir/debs"
  (cd "$dir/debs" && apt-get -qq -o APT::Sandbox::User=root download nova-common glance-common neutron-common) || return 77
  for deb in "$dir"/debs/*.deb; do dpkg-deb -x "$deb" "$dir/deb"; done
}

# shellcheck source=tests/real/openstack/configure.sh
. "$here/configure.sh"

manage() { # MODULE NAME ARGUMENTS...
  local module=$1 name=$2
  shift 2
  /usr/bin/python3 -c "import sys; sys.argv[0] = '$name'; from $module import main; main()" "$@"
}

make_databases() {
  local jobs job file me group
  me=$(id -un) group=$(id -gn)
  rm -f "$dir"/db/*.sqlite
  (
    k() { keystone-manage --config-file "$dir/etc/keystone/keystone.conf" "$@"; }
    url=http://127.0.0.1:$keystone/v3
    k db_sync
    k fernet_setup --keystone-user "$me" --keystone-group "$group"
    k credential_setup --keystone-user "$me" --keystone-group "$group"
    k bootstrap --bootstrap-password secret --bootstrap-region-id RegionOne --bootstrap-public-url "$url" \
      --bootstrap-internal-url "$url" --bootstrap-admin-url "$url"
  ) >"$dir/log/keystone.out" 2>&1 &
  jobs=$!
  (
    n() { manage nova.cmd.manage nova-manage --config-file "$dir/etc/nova/nova.conf" "$@"; }
    n api_db sync
    n cell_v2 map_cell0 --database_connection "sqlite:///$dir/db/nova_cell0.sqlite"
    n db sync
    n cell_v2 create_cell --name cell1
  ) >"$dir/log/nova.out" 2>&1 &
  jobs="$jobs $!"
  (
    manage glance.cmd.manage glance-manage --config-file "$dir/etc/glance/glance-api.conf" db_sync
    /usr/bin/python3 "$here/neutron_db.py" "sqlite:///$dir/db/neutron.sqlite"
  ) >"$dir/log/glance.out" 2>&1 &
  jobs="$jobs $!"
  for job in $jobs; do wait "$job" || { tail -n 5 "$dir"/log/*.out >&2; return 1; }; done
  # Readers must not block writers: Keystone leaves read transactions open between requests.
  for file in "$dir"/db/*.sqlite; do sqlite3 "$file" 'PRAGMA journal_mode=WAL' >/dev/null; done
}

serve() { # NAME PORT WSGI-FILE PROCESSES: each process has one thread, as SQLite wants it
  setsid uwsgi_python3 --http-socket "127.0.0.1:$2" --wsgi-file "$3" --processes "$4" --master --lazy-apps --die-on-term \
    --enable-threads --buffer-size 65535 --add-header 'Connection: close' --post-buffering 8192 --need-app --disable-logging \
    --logto "$dir/log/$1-uwsgi.log" </dev/null >/dev/null 2>&1 &
  echo $! >"$dir/$1.pid"
}

run_python() { # NAME SCRIPT ARGUMENTS...
  local name=$1
  shift
  setsid /usr/bin/python3 "$@" >>"$dir/log/$name.out" 2>&1 </dev/null &
  echo $! >"$dir/$name.pid"
}

wait_for() { # NAME URL
  local tries
  for tries in $(seq 900); do
    case $(curl -s -m 5 -o /dev/null -w '%{http_code}' "$2") in 2?? | 3?? | 401) return 0 ;; esac
    alive "$1" || break
    sleep 0.1
  done
  echo "$1 does not answer" >&2
  tail -n 20 "$dir/log/$1"* >&2
  return 1
}

up() {
  local fresh=
  if alive nova; then return 0; fi
  "$here/../../../tools/need" openstack || return 77
  unpack_paste_files || return 77
  choose_ports
  [ -e "$dir/db/.made" ] || fresh=1
  configure
  export OS_KEYSTONE_CONFIG_DIR=$dir/etc/keystone OS_PLACEMENT_CONFIG_DIR=$dir/etc/placement OS_GLANCE_CONFIG_DIR=$dir/etc/glance
  [ -z "$fresh" ] || make_databases
  serve keystone "$keystone" /usr/bin/keystone-wsgi-public 2
  serve placement "$placement" /usr/bin/placement-api 1
  serve glance "$glance" "$here/glance_wsgi.py" 1
  PYTHONPATH=$dir/py run_python neutron "$here/neutron_server.py" --config-file "$dir/etc/neutron/neutron.conf"
  wait_for keystone "http://127.0.0.1:$keystone/v3"
  if [ -n "$fresh" ]; then
    /usr/bin/python3 "$here/catalog.py" "http://127.0.0.1:$keystone" "$dir/openrc" "placement=placement=http://127.0.0.1:$placement" \
      "image=glance=http://127.0.0.1:$glance" "compute=nova=http://127.0.0.1:$nova/v2.1" "network=neutron=http://127.0.0.1:$neutron"
    chmod 600 "$dir/openrc"
  fi
  wait_for placement "http://127.0.0.1:$placement/"
  run_python nova "$here/nova_all.py" "$dir/etc/nova/nova.conf" "${OS_COMPUTES:-1}"
  wait_for glance "http://127.0.0.1:$glance/"
  wait_for neutron "http://127.0.0.1:$neutron/"
  wait_for nova "http://127.0.0.1:$nova/"
  if [ -n "$fresh" ]; then
    /usr/bin/python3 "$here/seed.py" "http://127.0.0.1:$keystone" "http://127.0.0.1:$nova" "http://127.0.0.1:$glance"
    touch "$dir/db/.made"
  fi
  echo "http://127.0.0.1:$keystone/v3" >"$dir/url"
}

down() {
  local name pid tries
  for name in nova neutron glance placement keystone; do
    if alive "$name"; then
      pid=$(cat "$dir/$name.pid")
      kill "$pid"
      for tries in $(seq 50); do
        alive "$name" || break
        sleep 0.1
      done
      if alive "$name"; then kill -9 "$pid"; fi
    fi
    rm -f "$dir/$name.pid"
  done
}

status() {
  local name code=0
  for name in $services; do
    if alive "$name"; then echo "$name up, pid $(cat "$dir/$name.pid")"; else
      echo "$name down"
      code=3
    fi
  done
  return $code
}

case $command in
up | down | status) $command ;;
*) sed -n 2,11p "$0"; exit 2 ;;
esac
