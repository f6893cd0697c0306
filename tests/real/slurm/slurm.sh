#!/bin/bash
# A Slurm 22.05 or later of one machine, as root, without one node at first: what the demo and the tests run against.
# All that it makes is under STATE, all listens on 127.0.0.0/8.
#
#   slurm.sh install                        Debian's packages, by tools/need demo
#   slurm.sh up STATE                       munged and slurmctld, no node
#   slurm.sh add-node STATE NAME [K=V...]   create a node and start its slurmd; default: CPUs=4 RealMemory=4000 Feature=cloud
#   slurm.sh start-node STATE NAME [K=V...] start its slurmd only: the entry is somebody else's, or it registers by itself
#   slurm.sh stop-node STATE NAME           stop its slurmd: the machine vanished
#   slurm.sh rm-node STATE NAME             stop its slurmd and delete the entry
#   slurm.sh stop-ctld STATE                stop slurmctld alone; `up` starts it again, and reads these variables again
#   slurm.sh env STATE | status STATE | down STATE
#
# SLURM_TEST_PORT            slurmctld's port (16817); the nodes have the next one, each on an address of its own
# SLURM_TEST_CLUSTER         ClusterName (testcluster)
# SLURM_TEST_PRIVATEDATA     PrivateData (cloud: shows nodes that were created and have not registered yet); "none"
# SLURM_TEST_SLURMD_TIMEOUT  SlurmdTimeout (15)
# SLURM_TEST_MINJOBAGE       MinJobAge (300)
# SLURM_TEST_DEBUG           SlurmctldDebug and SlurmdDebug (info)
# SLURM_TEST_SELECT          SelectTypeParameters (CR_CPU_Memory)
# SLURM_TEST_DEFMEM          DefMemPerCPU (100); "none" for no default, which 0 is not
# SLURM_TEST_EXTRA           more lines of slurm.conf
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
verb=${1:-}
port=${SLURM_TEST_PORT:-16817}
say() { echo "slurm.sh: $*"; }
die() { echo "slurm.sh: error: $*" >&2; exit 1; }
usage() { sed -n '2,/^set -/{/^#/p}' "${BASH_SOURCE[0]}" >&2; exit 2; }

[ -n "$verb" ] || usage
if [ "$verb" = install ]; then exec "$here/../../../tools/need" demo; fi
[ -n "${2:-}" ] || usage
[ "$(id -u)" = 0 ] || die "Slurm's daemons and the nodes' namespaces need root"
mkdir -p "$2"
state=$(cd "$2" && pwd)
[ ${#state} -le 80 ] || die "'$state' is too long for a socket's path"
name=${3:-}
unset "${!SLURM_CONF@}" "${!SQUEUE_@}" "${!SINFO_@}"
export SLURM_CONF=$state/etc/slurm.conf LC_ALL=C

# A PID file is believed only if that process is still the daemon: PIDs come round.
pid_of() { # FILE NAME
  local pid comm
  { read -r pid <"$1"; } 2>/dev/null || return 1
  { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || return 1
  [ "$comm" = "$2" ] && echo "$pid"
}

stop() { # FILE NAME
  local pid tries
  if pid=$(pid_of "$1" "$2"); then
    kill -TERM "$pid" 2>/dev/null || true
    for tries in $(seq 100); do
      pid_of "$1" "$2" >/dev/null || break
      sleep 0.1
    done
    if pid_of "$1" "$2" >/dev/null; then kill -KILL "$pid" 2>/dev/null || true; fi
  fi
  rm -f "$1"
}

# A machine that is gone takes its jobs with it: all that lives in the namespace in which its slurmd was.
stop_node() { # NAME
  local space process
  stop "$state/run/slurmd.$1.pid" slurmd
  space=$(cat "$state/nodes/$1/space" 2>/dev/null) || return 0
  [ -n "$space" ] && [ "$space" != "$(readlink /proc/self/ns/mnt)" ] || return 0
  for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/ns/mnt" 2>/dev/null)" = "$space" ]; then kill -KILL "${process#/proc/}" 2>/dev/null || true; fi
  done
  rm -f "$state/nodes/$1/space"
}

write_conf() {
  local private=${SLURM_TEST_PRIVATEDATA-cloud}
  [ "$private" != none ] || private=
  local defmem=${SLURM_TEST_DEFMEM:-100}
  [ "$defmem" != none ] || defmem=
  cat >"$state/etc/slurm.conf" <<CONF
ClusterName=${SLURM_TEST_CLUSTER:-testcluster}
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
DebugFlags=NO_CONF_HASH
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$state/run/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$state/spool/ctld
SlurmdSpoolDir=$state/spool/nodes/%n
SlurmctldPidFile=$state/run/slurmctld.pid
SlurmdPidFile=$state/run/slurmd.%n.pid
SlurmctldLogFile=$state/log/slurmctld.log
SlurmdLogFile=$state/log/slurmd.%n.log
SlurmctldDebug=${SLURM_TEST_DEBUG:-info}
SlurmdDebug=${SLURM_TEST_DEBUG:-info}
# Neither cgroups nor systemd nor a database.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
SwitchType=switch/none
# Nodes may be larger than this machine.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=${SLURM_TEST_SELECT:-CR_CPU_Memory}
${defmem:+DefMemPerCPU=$defmem}
GresTypes=gpu
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_interval=2,sched_min_interval=0
MaxNodeCount=1024
${private:+PrivateData=$private}
TreeWidth=65533
ReturnToService=2
SlurmdTimeout=${SLURM_TEST_SLURMD_TIMEOUT:-15}
SlurmctldTimeout=30
InactiveLimit=0
KillWait=2
CompleteWait=0
MinJobAge=${SLURM_TEST_MINJOBAGE:-300}
MaxJobCount=100000
MaxArraySize=10001
RebootProgram=/bin/true
NodeSet=nsgpu Feature=gpu
PartitionName=cloud Nodes=ALL Default=YES MaxTime=INFINITE DefaultTime=60 State=UP
PartitionName=gpu Nodes=nsgpu MaxTime=INFINITE DefaultTime=60 State=UP
PartitionName=closed Nodes=ALL State=DOWN
${SLURM_TEST_EXTRA:-}
CONF
  # Without it slurmd dies in a container: "No filesystem mounted on /sys/fs/cgroup".
  printf 'CgroupAutomount=no\nCgroupPlugin=cgroup/v1\n' >"$state/etc/cgroup.conf"
  touch "$state/etc/gres.conf"
}

up() {
  local tries
  command -v slurmctld >/dev/null && command -v munged >/dev/null || die "Slurm is not installed. Run: $0 install"
  mkdir -p "$state"/{etc,run,log,nodes,munge,spool/ctld,spool/nodes}
  chmod 700 "$state/munge"
  [ -s "$state/munge/key" ] || (umask 077 && head -c 128 /dev/urandom >"$state/munge/key")
  # --force: munged minds who else may write the folders above, /tmp being one.
  pid_of "$state/run/munged.pid" munged >/dev/null || munged --force --key-file="$state/munge/key" --socket="$state/run/munge.socket" \
    --pid-file="$state/run/munged.pid" --log-file="$state/log/munged.log" --seed-file="$state/munge/seed"
  if ! pid_of "$state/run/slurmctld.pid" slurmctld >/dev/null; then
    write_conf
    # Another ClusterName on the same state is what some tests want; slurmctld refuses it, if told of the old one.
    rm -f "$state/spool/ctld/clustername"
    slurmctld -i </dev/null >>"$state/log/slurmctld.out" 2>&1 || die "slurmctld did not start: see $state/log"
  fi
  for tries in $(seq 200); do
    if scontrol ping 2>/dev/null | grep -q 'is UP'; then say "up at 127.0.0.1:$port"; return; fi
    sleep 0.1
  done
  tail -n 5 "$state/log/slurmctld.log" >&2
  die "slurmctld does not answer at 127.0.0.1:$port"
}

# Slurm 22.05 forgets Port= of dynamic nodes: each gets an address of its own, and a host name and /etc/hosts to match.
address_of() {
  (
    flock 9
    if ! [ -s "$state/nodes/$name/addr" ]; then
      next=$(cat "$state/nodes/.next" 2>/dev/null || echo 10)
      echo "127.98.$((next / 250)).$((next % 250 + 1))" >"$state/nodes/$name/addr"
      echo $((next + 1)) >"$state/nodes/.next"
    fi
    cat "$state/nodes/$name/addr"
  ) 9>"$state/nodes/.lock"
}

# A GPU line counts only with File=: plain files stand in for devices.
write_gres() { # CONF
  local gres one kind type count index
  gres=$(grep -oE 'Gres=[^ ]+' <<<"$1" | sed 's/^Gres=//' || true)
  sed -i "/^NodeName=$name /d" "$state/etc/gres.conf"
  for one in ${gres//,/ }; do
    IFS=: read -r kind type count <<<"$one"
    if [ -z "$count" ]; then count=$type type=; fi
    for index in $(seq 0 $((count - 1))); do : >"$state/nodes/$name/$kind$type$index"; done
    echo "NodeName=$name Name=$kind ${type:+Type=$type }File=$state/nodes/$name/$kind$type[0-$((count - 1))]" >>"$state/etc/gres.conf"
  done
}

start_node() { # CONF ADDRESS
  local address=$2 tries pid
  printf '127.0.0.1 localhost\n127.0.0.1 %s\n%s %s\n' "$(hostname -s)" "$address" "$name" >"$state/nodes/$name/hosts"
  if ! pid_of "$state/run/slurmd.$name.pid" slurmd >/dev/null; then
    unshare --uts --mount --propagation private bash -c \
      'hostname "$1" && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"' _ "$name" "$state/nodes/$name/hosts" \
      slurmd -N "$name" -Z -b --conf "$1" </dev/null >>"$state/log/slurmd.$name.out" 2>&1 || die "slurmd '$name' did not start: see $state/log"
  fi
  for tries in $(seq 150); do
    if pid=$(pid_of "$state/run/slurmd.$name.pid" slurmd); then readlink "/proc/$pid/ns/mnt" >"$state/nodes/$name/space"; fi
    if scontrol -a -o show node "$name" 2>/dev/null | grep -q 'SlurmdStartTime=20'; then say "node $name up"; return; fi
    sleep 0.1
  done
  tail -n 5 "$state/log/slurmd.$name.log" >&2
  die "node '$name' did not register"
}

case $verb in
up) up ;;
add-node | start-node)
  [ -n "$name" ] || usage
  shift 3
  conf="CPUs=4 RealMemory=4000 Feature=cloud"
  [ $# = 0 ] || conf="$*"
  mkdir -p "$state/nodes/$name" "$state/spool/nodes/$name"
  address=$(address_of)
  write_gres "$conf"
  # What the options say is several words. `create` on an entry that exists changes nothing and exits 0.
  # shellcheck disable=SC2086
  [ "$verb" = start-node ] || scontrol create nodename="$name" NodeHostname="$name" NodeAddr="$address" $conf State=CLOUD
  start_node "$conf" "$address"
  ;;
stop-node)
  [ -n "$name" ] || usage
  stop_node "$name"
  say "slurmd of $name stopped"
  ;;
rm-node)
  [ -n "$name" ] || usage
  stop_node "$name"
  scontrol delete nodename="$name"
  rm -rf "$state/spool/nodes/$name" "$state/nodes/$name"
  say "node $name removed"
  ;;
stop-ctld)
  stop "$state/run/slurmctld.pid" slurmctld
  say "slurmctld stopped"
  ;;
env) printf 'export SLURM_CONF=%q\n' "$SLURM_CONF" ;;
status)
  for file in "$state"/run/*.pid; do
    [ -e "$file" ] || continue
    daemon=$(basename "$file" .pid)
    if pid=$(pid_of "$file" "${daemon%%.*}"); then echo "up    $daemon, process $pid"; else echo "dead  $daemon"; fi
  done
  sinfo -N -o '%N %t %c %m %G %f %E' || true
  squeue || true
  ;;
down)
  # Jobs end first, else their steps outlive slurmd.
  if pid_of "$state/run/slurmctld.pid" slurmctld >/dev/null; then
    squeue -h -o %A 2>/dev/null | sort -u | xargs -r scancel 2>/dev/null || true
    for tries in $(seq 50); do
      [ -n "$(squeue -h -t R,CG,CF,S -o %A 2>/dev/null)" ] || break
      sleep 0.1
    done
  fi
  # slurmctld first: without nodes it is slow to leave. The nodes take a second or two each, so all at once.
  stop "$state/run/slurmctld.pid" slurmctld
  for node in "$state"/nodes/*; do
    if [ -d "$node" ]; then stop_node "$(basename "$node")" & fi
  done
  wait
  stop "$state/run/munged.pid" munged
  say down
  ;;
*) usage ;;
esac
