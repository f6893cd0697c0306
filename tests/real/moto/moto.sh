#!/bin/bash
# moto.sh install | up DIR | gate DIR | down DIR | status DIR
# A real AWS API server on loopback, for tests: moto 5 (Debian trixie's python3-moto, one package unpacked on bookworm's own
# Python and its libraries) behind awsgate.py, which checks signatures and fails on order. Both choose free ports.
#   install  gets the packages from the mirror that apt already uses, once; later calls find them
#   up       starts both and leaves in DIR: endpoint (the gate's URL), credentials (a shared credentials file, profile
#            default), keys (what the gate takes), port, gate-port, and the servers' logs
#   gate     starts the gate alone anew: its world of faults, tokens and log is forgotten, moto's instances are not
# Exit: 0 done, 2 usage, 3 status says down, 77 the packages cannot be had here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=/usr/bin/python3
deb=python3-moto_5.1.1-4_all.deb
sha256=8a231ec9c330cd2cf40fde0d0ebe1d3c10698cfba718cee8a2ad7e983c4e7574
needs=(curl python3-flask python3-flask-cors python3-jinja2 python3-responses python3-werkzeug python3-xmltodict
  python3-cryptography python3-dateutil python3-yaml python3-antlr4 python3-boto3 python3-botocore python3-requests)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tide-tests/moto
modules=$cache/root/usr/lib/python3/dist-packages

usage() {
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

skip() {
  echo "moto: SKIPPED: $*" >&2
  exit 77
}

missing_packages() {
  local package
  for package in "${needs[@]}"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || skip "not root, and these packages are not installed: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq -o DPkg::Lock::Timeout=600 update >&2
  apt-get -qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "${missing[@]}" >"$cache/apt.log" 2>&1 || {
    tail -n 20 "$cache/apt.log" >&2
    skip "apt cannot install ${missing[*]}"
  }
}

# The first Debian mirror among apt's own sources, not the one for security updates.
mirror() {
  apt-get indextargets --format '$(REPO_URI)' | sed 's#/*$##' | grep -v security | grep -m 1 -i debian
}

# This revision from the pool, its digest known; else whatever trixie has now, its signature checked by apt.
fetch_moto() {
  local from=$1 apt=$cache/apt
  curl -fsS --retry 3 -o "$cache/$deb" "$from/pool/main/p/python-moto/$deb" &&
    echo "$sha256  $cache/$deb" | sha256sum --check --quiet - && return 0
  rm -f "$cache"/python3-moto_*.deb
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $from trixie main" >"$apt/sources.list"
  local options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update >&2 && (cd "$cache" && apt-get "${options[@]}" download python3-moto >&2)
}

install_all() {
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  install_packages
  if [ ! -e "$modules/moto/server.py" ]; then
    local from
    from=$(mirror) || skip "apt knows no Debian mirror"
    fetch_moto "$from" || skip "python3-moto cannot be fetched from $from"
    rm -rf "$cache/unpacked"
    dpkg-deb -x "$(ls "$cache"/python3-moto_*_all.deb)" "$cache/unpacked"
    rm -rf "$cache/root"
    mv "$cache/unpacked" "$cache/root"
  fi
  exec 9>&-
}

# Is the server that DIR/NAME-pid names still ours and alive?
alive() {
  [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null
}

# await PORT_FILE PID_FILE LOG: until the server has written its port.
await() {
  for _ in $(seq 600); do
    [ -s "$1" ] && return 0
    alive "$2" || break
    sleep 0.1
  done
  echo "moto: $2 did not come up:" >&2
  tail -n 20 "$3" >&2
  exit 1
}

stop() {
  local pid
  [ -s "$1" ] || return 0
  pid=$(cat "$1")
  if kill "$pid" 2>/dev/null; then
    for _ in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$1"
}

start_moto() {
  rm -f "$dir/port"
  MOTO_IAM_LOAD_MANAGED_POLICIES=false PYTHONPATH=$modules PYTHONPYCACHEPREFIX=$cache/pyc PYTHONWARNINGS=ignore \
    setsid "$python" "$here/serve_moto.py" "$dir/port" >"$dir/moto.log" 2>&1 </dev/null &
  echo $! >"$dir/moto-pid"
  await "$dir/port" "$dir/moto-pid" "$dir/moto.log"
}

random_text() { # random_text CHARACTERS LENGTH
  LC_ALL=C tr -dc "$1" < <(head -c 4096 /dev/urandom) | head -c "$2" || true
}

write_keys() {
  local id secret
  id=AKIA$(random_text A-Z2-7 16)
  secret=$(random_text A-Za-z0-9+/ 40)
  (
    umask 077
    echo "$id $secret" >"$dir/keys"
    printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$id" "$secret" >"$dir/credentials"
  )
}

start_gate() {
  stop "$dir/gate-pid"
  rm -f "$dir/gate-port"
  setsid "$python" "$here/awsgate.py" "$dir/gate-port" "$(cat "$dir/port")" "$dir/keys" >"$dir/gate.log" 2>&1 </dev/null &
  echo $! >"$dir/gate-pid"
  await "$dir/gate-port" "$dir/gate-pid" "$dir/gate.log"
  echo "http://127.0.0.1:$(cat "$dir/gate-port")" >"$dir/endpoint"
}

status() {
  alive "$dir/moto-pid" && alive "$dir/gate-pid" || {
    echo down
    exit 3
  }
  echo "up endpoint=$(cat "$dir/endpoint") credentials=$dir/credentials moto=127.0.0.1:$(cat "$dir/port")"
}

verb=${1:-}
if [ "$verb" = install ]; then
  install_all
  exit 0
fi
[ -n "$verb" ] && [ -n "${2:-}" ] || usage
mkdir -p "$2"
dir=$(cd "$2" && pwd)
case $verb in
up)
  install_all
  [ -s "$dir/keys" ] || write_keys
  alive "$dir/moto-pid" || start_moto
  alive "$dir/gate-pid" || start_gate
  status
  ;;
gate)
  alive "$dir/moto-pid" || {
    echo "moto: nothing runs in $dir; start it with: moto.sh up $dir" >&2
    exit 3
  }
  start_gate
  status
  ;;
down)
  stop "$dir/gate-pid"
  stop "$dir/moto-pid"
  rm -f "$dir/endpoint" "$dir/port" "$dir/gate-port" "$dir/credentials" "$dir/keys"
  echo down
  ;;
status) status ;;
*) usage ;;
esac
