#!/bin/bash
# An HTCondor 23.9 (Debian 13's package, unpacked in a folder) on this machine, as root, without one node at first: what the
# tests run against. All that it makes is under STATE, all listens on 127.0.0.1.
#
#   htcondor.sh install                       unpack the package into the cache, if it is not there; 77 if it cannot be had
#   htcondor.sh up STATE                      master, collector, negotiator and schedd, no startd
#   htcondor.sh add-node STATE NAME [K=V...]  a condor_master with a startd of its own, NAME.tide.test
#        CPUs=4 Memory=4000 GPUs=0 Slots=partitionable|static Features=cloud,big Pool= Instance= Ready=true|false|- Retire=315360000
#   htcondor.sh stop-node STATE NAME          kill it without ceremony: the machine vanished
#   htcondor.sh kill-startd STATE NAME        kill its startd alone; its master starts another
#   htcondor.sh rm-node STATE NAME            end it so that its ads go too
#   htcondor.sh restart-collector STATE       the collector alone, beneath running jobs
#   htcondor.sh pid STATE DAEMON              of the central schedd, collector or negotiator
#   htcondor.sh down STATE
#
# STATE/bin has the tools: they run in the folder. CONDOR_AS=USER runs them as alice or bob (root may not submit).
# CONDOR_TEST_PORT   the collector's port (19618)
# CONDOR_TEST_NAME   COLLECTOR_NAME ("tide test")
# TIDE_REAL_CACHE    where the unpacked package is kept (/var/cache/tide-real)
set -euo pipefail
verb=${1:-}
port=${CONDOR_TEST_PORT:-19618}
cache=${TIDE_REAL_CACHE:-/var/cache/tide-real}/htcondor-debian13
say() { echo "htcondor.sh: $*"; }
die() { echo "htcondor.sh: error: $*" >&2; exit 1; }
usage() { sed -n '2,/^set -/{/^#/p}' "${BASH_SOURCE[0]}" >&2; exit 2; }
[ -n "$verb" ] || usage
[ "$(id -u)" = 0 ] || die "the folder's chroot and HTCondor's daemons need root"

install_folder() {
  [ ! -x "$cache/usr/sbin/condor_master" ] || return 0
  command -v mmdebstrap >/dev/null || { say "NOT RUN: mmdebstrap is not installed: tools/need real"; exit 77; }
  local mirror
  mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -v security | sed 's#/*$##' | grep -m1 -i debian)}
  mkdir -p "$(dirname "$cache")"
  exec 9>"$cache.lock" # two tests may begin at once
  flock 9
  if [ -x "$cache/usr/sbin/condor_master" ]; then exec 9>&- && return; fi
  rm -rf "$cache".new.*
  local new=$cache.new.$$
  if ! mmdebstrap --quiet --variant=apt --include=condor,ca-certificates \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    trixie "$new" "$mirror" >&2; then
    rm -rf "$new"
    say "NOT RUN: HTCondor of Debian 13 could not be downloaded from '$mirror'"
    exit 77
  fi
  local user
  for user in alice bob; do chroot "$new" /usr/sbin/useradd -m -s /bin/bash $user; done
  mv "$new" "$cache"
  exec 9>&-
}
if [ "$verb" = install ]; then
  install_folder
  say "$(chroot "$cache" condor_version | head -1)"
  exit 0
fi
[ -n "${2:-}" ] || usage
mkdir -p "$2"
state=$(cd "$2" && pwd)
root=$state/root
name=${3:-}
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root "$@"; }

# Processes of ours: those whose root is our folder. A PID file is believed only for one of them.
is_ours() { [ "$(readlink "/proc/$1/root" 2>/dev/null)" = "$root" ]; }
ours() { local p; for p in /proc/[0-9]*; do if is_ours "${p#/proc/}"; then echo "${p#/proc/}"; fi; done; }
master_of() {
  local pid
  { read -r pid <"$root/var/lib/condor/$1/master.pid"; } 2>/dev/null || return 1
  is_ours "$pid" && echo "$pid"
}
children_of() { cat /proc/"$1"/task/*/children 2>/dev/null || true; }
child_of() { # MASTER-NAME COMM
  local pid
  for pid in $(children_of "$(master_of "$1")"); do
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]; then echo "$pid"; return; fi
  done
  return 1
}
wait_gone() { # PID SECONDS
  local tries
  for tries in $(seq $(($2 * 10))); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.1; done
  return 1
}
start_master() {
  mkdir -p "$root/var/lib/condor/$1"/{log,execute,spool,lock,run}
  chown -R "$(inside id -u condor):$(inside id -g condor)" "$root/var/lib/condor/$1"
  chmod 755 "$root/var/lib/condor/$1"/*
  inside CONDOR_CONFIG="/etc/condor/$1.conf" condor_master -pidfile "/var/lib/condor/$1/master.pid" </dev/null >/dev/null 2>&1
}
stop_master() {
  local pid
  if pid=$(master_of "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    wait_gone "$pid" 15 || kill -QUIT "$pid" 2>/dev/null || true
    wait_gone "$pid" 10 || kill -KILL "$pid" 2>/dev/null || true
  fi
  rm -f "$root/var/lib/condor/$1/master.pid"
}
folders() { # of a daemon's own: NAME
  cat <<CONF
LOCAL_DIR = /var/lib/condor/$1
LOG = \$(LOCAL_DIR)/log
SPOOL = \$(LOCAL_DIR)/spool
EXECUTE = \$(LOCAL_DIR)/execute
LOCK = \$(LOCAL_DIR)/lock
RUN = \$(LOCAL_DIR)/run
DAEMON_SOCKET_DIR = \$(LOCAL_DIR)/run/sock
CONF
}

write_common() {
  cat >"$root/etc/condor/common.conf" <<CONF
RELEASE_DIR = /usr
BIN = /usr/bin
SBIN = /usr/sbin
LIB = /usr/lib/condor
LIBEXEC = /usr/libexec/condor
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:$port
NETWORK_INTERFACE = 127.0.0.1
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = False
USE_SHARED_PORT = True
UID_DOMAIN = tide.test
FILESYSTEM_DOMAIN = tide.test
TRUST_UID_DOMAIN = True
SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_READ_AUTHENTICATION = OPTIONAL
SEC_CLIENT_AUTHENTICATION = OPTIONAL
SEC_DEFAULT_AUTHENTICATION_METHODS = FS
ALLOW_READ = *
ALLOW_WRITE = *
ALLOW_DAEMON = *
ALLOW_NEGOTIATOR = *
ALLOW_ADMINISTRATOR = root@*, condor@*
ALLOW_ADVERTISE_MASTER = *
ALLOW_ADVERTISE_STARTD = *
ALLOW_ADVERTISE_SCHEDD = *
QUEUE_SUPER_USERS = root, condor
NEGOTIATOR_INTERVAL = 2
NEGOTIATOR_CYCLE_DELAY = 1
NEGOTIATOR_MIN_INTERVAL = 1
SCHEDD_INTERVAL = 2
SCHEDD_MIN_INTERVAL = 1
UPDATE_INTERVAL = 4
UPDATE_OFFSET = 1
MASTER_UPDATE_INTERVAL = 4
COLLECTOR_UPDATE_INTERVAL = 4
CLASSAD_LIFETIME = 900
POLLING_INTERVAL = 2
PERIODIC_EXPR_INTERVAL = 2
JOB_START_COUNT = 100
JOB_START_DELAY = 0
MASTER_BACKOFF_CEILING = 5
SHUTDOWN_FAST_TIMEOUT = 10
START_DAEMONS = True
LICENSE_LIMIT = 1
CONCURRENCY_LIMIT_DEFAULT = 1
# No machinery that needs a whole machine of its own.
BASE_CGROUP =
USE_PROCD = False
MOUNT_UNDER_SCRATCH =
CREATE_LOCKS_ON_LOCAL_DISK = False
DISCARD_SESSION_KEYRING_ON_STARTUP = False
STARTER_ALLOW_RUNAS_OWNER = True
SINGULARITY =
DOCKER =
STARTD_CRON_JOBLIST =
SCHEDD_CRON_JOBLIST =
STARTD_ENFORCE_DISK_LIMITS = False
STARTER_NESTED_SCRATCH = False
BENCHMARKS_JOBLIST =
RunBenchmarks = False
MAIL = /bin/true
CONF
}

write_tools() {
  local tool
  mkdir -p "$state/bin"
  for tool in q status submit rm hold release drain off on config_val qedit version advertise; do
    cat >"$state/bin/condor_$tool" <<TOOL
#!/bin/sh
exec /usr/sbin/chroot --userspec="\${CONDOR_AS:-root}" "$root" /usr/bin/env CONDOR_CONFIG=/etc/condor/central.conf HOME=/tmp \\
  LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin condor_$tool "\$@"
TOOL
    chmod 755 "$state/bin/condor_$tool"
  done
}

case $verb in
up)
  install_folder
  if [ ! -d "$root" ]; then
    cp -a "$cache" "$root"
    printf '127.0.0.1 localhost\n127.0.0.1 %s.tide.test %s\n' "$(hostname -s)" "$(hostname -s)" >"$root/etc/hosts"
  fi
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
  mountpoint -q "$root/dev" || mount --bind /dev "$root/dev"
  write_common
  {
    echo 'include : /etc/condor/common.conf'
    folders central
    cat <<CONF
COLLECTOR_NAME = ${CONDOR_TEST_NAME:-tide test}
SHARED_PORT_PORT = $port
SCHEDD_NAME = head@
MASTER_NAME = central
DAEMON_LIST = MASTER SHARED_PORT COLLECTOR NEGOTIATOR SCHEDD
CONF
  } >"$root/etc/condor/central.conf"
  cp "$root/etc/condor/central.conf" "$root/etc/condor/condor_config"
  write_tools
  master_of central >/dev/null || start_master central
  for _ in $(seq 300); do
    [ "$("$state/bin/condor_status" -any -af MyType 2>/dev/null | grep -cE '^(Scheduler|Negotiator|Collector)$')" -ge 3 ] && exit 0
    sleep 0.1
  done
  tail -5 "$root/var/lib/condor/central/log/MasterLog" >&2
  die "HTCondor did not come up" ;;
add-node)
  [ -n "$name" ] || usage
  shift 3
  CPUs=4 Memory=4000 GPUs=0 Slots=partitionable Features=cloud Pool='' Instance='' Ready=- Retire=315360000
  for pair in "$@"; do
    case $pair in
    CPUs=* | Memory=* | GPUs=* | Slots=* | Features=* | Pool=* | Instance=* | Ready=* | Retire=*) declare "${pair%%=*}=${pair#*=}" ;;
    *) die "'$pair' is no setting of a node" ;;
    esac
  done
  {
    echo 'include : /etc/condor/common.conf'
    folders "$name"
    cat <<CONF
SHARED_PORT_PORT = 0
NETWORK_HOSTNAME = $name.tide.test
MASTER_NAME = $name
DAEMON_LIST = MASTER SHARED_PORT STARTD
NUM_CPUS = $CPUs
MEMORY = $Memory
TideNode = "$name"
TideFeatures = "$Features"
STARTD_ATTRS = TideNode, TideFeatures
START = True
SUSPEND = False
PREEMPT = False
KILL = False
WANT_SUSPEND = False
WANT_VACATE = False
CLAIM_WORKLIFE = 0
MAXJOBRETIREMENTTIME = $Retire
CONF
    [ -z "$Pool" ] || printf 'TidePool = "%s"\nSTARTD_ATTRS = $(STARTD_ATTRS), TidePool\n' "$Pool"
    [ -z "$Instance" ] || printf 'TideInstance = "%s"\nSTARTD_ATTRS = $(STARTD_ATTRS), TideInstance\n' "$Instance"
    [ "$Ready" = - ] || printf 'TideReady = %s\nSTARTD_ATTRS = $(STARTD_ATTRS), TideReady\nSTART = TideReady\n' "$Ready"
    [ "$GPUs" = 0 ] || echo "MACHINE_RESOURCE_GPUs = $(seq -s ', ' -f 'GPU-%g' 0 $((GPUs - 1)))"
    if [ "$Slots" = static ]; then
      printf 'NUM_SLOTS = %s\nSLOT_TYPE_1 = cpus=1\nNUM_SLOTS_TYPE_1 = %s\nSLOT_TYPE_1_PARTITIONABLE = False\n' "$CPUs" "$CPUs"
    else
      printf 'NUM_SLOTS = 1\nNUM_SLOTS_TYPE_1 = 1\nSLOT_TYPE_1 = 100%%\nSLOT_TYPE_1_PARTITIONABLE = True\n'
    fi
  } >"$root/etc/condor/$name.conf"
  grep -q " $name\$" "$root/etc/hosts" || echo "127.0.0.1 $name.tide.test $name" >>"$root/etc/hosts"
  master_of "$name" >/dev/null || start_master "$name"
  for _ in $(seq 300); do
    [ -n "$("$state/bin/condor_status" -constraint "TideNode==\"$name\"" -af Name 2>/dev/null)" ] && exit 0
    sleep 0.1
  done
  tail -5 "$root/var/lib/condor/$name/log/"*Log >&2
  die "node '$name' did not come up" ;;
stop-node)
  pid=$(master_of "$name") || exit 0
  all=$pid todo=$pid
  while [ -n "$todo" ]; do
    next=
    for one in $todo; do next="$next $(children_of "$one")"; done
    todo=$(echo $next)
    all="$all $todo"
  done
  kill -KILL $all 2>/dev/null || true
  rm -f "$root/var/lib/condor/$name/master.pid" ;;
kill-startd) kill -KILL "$(child_of "$name" condor_startd)" ;;
rm-node) stop_master "$name" ;;
restart-collector)
  old=$(child_of central condor_collecto)
  kill -KILL "$old"
  for _ in $(seq 300); do
    if new=$(child_of central condor_collecto) && [ "$new" != "$old" ]; then exit 0; fi
    sleep 0.1
  done
  die "no new collector" ;;
pid) child_of central "$(printf 'condor_%s' "$name" | cut -c1-15)" ;;
down)
  [ -d "$root" ] || exit 0
  for file in "$root"/var/lib/condor/*/master.pid; do
    [ -e "$file" ] || continue
    if pid=$(master_of "$(basename "$(dirname "$file")")"); then kill -QUIT "$pid" 2>/dev/null || true; fi
  done
  for _ in $(seq 50); do [ -n "$(ours)" ] || break; sleep 0.1; done
  for pid in $(ours); do kill -KILL "$pid" 2>/dev/null || true; done
  for _ in $(seq 50); do [ -n "$(ours)" ] || break; sleep 0.1; done
  rm -f "$root"/var/lib/condor/*/master.pid
  for folder in proc dev; do if mountpoint -q "$root/$folder"; then umount "$root/$folder"; fi; done ;;
*) usage ;;
esac
