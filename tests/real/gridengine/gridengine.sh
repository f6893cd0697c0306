#!/bin/bash
# A Grid Engine 8.1.9 (Debian 12's packages, unpacked in a folder) on this machine, as root, without one node at first: what
# the tests run against. All that it makes is under STATE and in namespaces of its own (processes, network, mounts, host name),
# whose first process ends all others with itself: ports and names are nobody else's, and several run at once.
#
#   gridengine.sh install                     unpack the packages into the cache, if they are not there; 77 if they cannot be had
#   gridengine.sh up STATE                    the head "gehead": sge_qmaster with the queues all.q and gpu.q (of @allhosts and
#                                             @gpuhosts, both empty, no slots), the PEs smp, mpi and fill, users alice and bob
#   gridengine.sh enter STATE COMMAND...      run COMMAND on the head; its tools are on PATH; GE_AS=USER runs it as alice or bob
#   gridengine.sh machine STATE NAME [OCTET]  a machine without a daemon: an address that the head resolves, and nothing more
#   gridengine.sh admit STATE NAME [K=V...]   what a person types to make it a node: slots=4 mem=4G gpu=0 group=@allhosts
#   gridengine.sh execd STATE NAME            start its sge_execd; wait until it has reported its load
#   gridengine.sh kill-execd STATE NAME       the daemon alone; its jobs run on
#   gridengine.sh halt STATE NAME             the machine vanishes with all that runs there
#   gridengine.sh stop-qmaster | start-qmaster STATE    beneath running jobs; stop-qmaster STATE KILL without ceremony
#   gridengine.sh pid STATE                   of sge_qmaster, as the head counts
#   gridengine.sh status STATE | down STATE
#
# The head is 10.98.7.1 on the bridge br0; `enter` may be used on the head itself too.
# TIDE_REAL_CACHE    where the unpacked packages are kept (/var/cache/tide-real)
# GE_TEST_FEATURES  names of resources that are true or false, for the features of pools
# GE_TEST_UNHEARD    max_unheard (00:00:10): after this a silent node's queue instances are `u`
set -euo pipefail
self=$(realpath "$0")
verb=${1:-}
cache=${TIDE_REAL_CACHE:-/var/cache/tide-real}/gridengine-8.1.9
say() { echo "gridengine.sh: $*"; }
die() { echo "gridengine.sh: error: $*" >&2; exit 1; }
usage() { sed -n '2,/^set -/{/^#/p}' "${BASH_SOURCE[0]}" >&2; exit 2; }
[ -n "$verb" ] || usage
[ "$(id -u)" = 0 ] || die "the namespaces and Grid Engine's daemons need root"

# Unpacked, not installed: gridengine-client and slurm-wlm-torque both own /usr/bin/qstat, and a system-wide qstat would be
# found by what should find none. Laid out as an SGE_ROOT: its programs look for their libraries in ../../lib/ARCH.
install_folder() {
  [ ! -e "$cache/bin/lx-amd64/sge_qmaster" ] || return 0
  [ "$(uname -m)" = x86_64 ] || { say "NOT RUN: only for x86_64"; exit 77; }
  mkdir -p "$(dirname "$cache")"
  rm -rf "$cache".new.*
  local new=$cache.new.$$ packages missing
  packages="gridengine-common gridengine-master gridengine-exec gridengine-client libjemalloc2 libmunge2 libtirpc3 libhwloc15"
  mkdir -p "$new/deb" "$new/all" "$new/bin/lx-amd64" "$new/lib/lx-amd64" "$new/utilbin"
  fetch() { (cd "$new/deb" && apt-get -qq -o APT::Sandbox::User=root download $packages) >"$new/log" 2>&1; }
  if ! fetch && ! { apt-get -qq update >/dev/null 2>&1; fetch; }; then
    tail -n 3 "$new/log" >&2
    rm -rf "$new"
    say "NOT RUN: Grid Engine 8.1.9 of Debian 12 could not be downloaded"
    exit 77
  fi
  local file
  for file in "$new"/deb/*.deb; do dpkg-deb -x "$file" "$new/all"; done
  mv "$new"/all/usr/lib/gridengine/*.so "$new"/all/usr/lib/*/*.so.* "$new/lib/lx-amd64/"
  mv "$new"/all/usr/lib/gridengine/* "$new/bin/lx-amd64/"
  ln -s ../bin/lx-amd64 "$new/utilbin/lx-amd64"
  mv "$new/all/usr/share/gridengine/util" "$new/util"
  mv "$new/all/usr/share/gridengine/default-configuration" "$new/"
  rm -rf "$new/deb" "$new/all" "$new/log"
  mkdir -p "$new/over/gridengine"
  ln "$new/lib/lx-amd64/libspoolc.so" "$new/over/gridengine/"
  missing=$(ldd "$new/bin/lx-amd64/sge_qmaster" "$new/bin/lx-amd64/sge_execd" | awk '/not found/ {print $1}' | sort -u)
  [ -z "$missing" ] || { rm -rf "$new"; say "NOT RUN: libraries are missing:" $missing; exit 77; }
  mv "$new" "$cache"
}
if [ "$verb" = install ]; then
  for tool in unshare nsenter ip; do
    command -v $tool >/dev/null || { say "NOT RUN: $tool is not installed: tools/need real"; exit 77; }
  done
  install_folder
  say "Grid Engine 8.1.9 is in $cache"
  exit 0
fi
[ -n "${2:-}" ] || usage
mkdir -p "$2"
state=$(cd "$2" && pwd)
name=${3:-}
export SGE_ROOT=$state/root SGE_CELL=default SGE_QMASTER_PORT=6444 SGE_EXECD_PORT=6445
programs=$SGE_ROOT/bin/lx-amd64
own_path=$programs:/usr/sbin:/usr/bin:/sbin:/bin

# A machine is the first process of its namespaces. Its number is another on the head than outside of it, and is found by
# the file that it holds open, so that a number used again is never taken for it.
holder() { # MACHINE
  local fd link
  for fd in /proc/[0-9]*/fd/9; do
    link=$(readlink "$fd" 2>/dev/null) || continue
    if [ "$link" = "$state/run/$1" ]; then
      fd=${fd#/proc/}
      echo "${fd%%/*}"
      return
    fi
  done
  return 1
}
on_head() { # are we there?
  local host
  read -r host </proc/sys/kernel/hostname
  [ "$host" = gehead ]
}
enter() { # MACHINE COMMAND...
  local pid
  pid=$(holder "$1") || die "machine '$1' is not there"
  shift
  nsenter -t "$pid" -n -m -u -p -- env PATH="$own_path" "$@"
}
head() { if on_head; then env PATH="$own_path" "$@"; else enter gehead "$@"; fi; }
as_user() { # COMMAND...: GE_AS's own, and what it needs to be found
  [ -z "${GE_AS:-}" ] || set -- setpriv --reuid "$GE_AS" --regid "$GE_AS" --init-groups env HOME=/tmp USER="$GE_AS" LOGNAME="$GE_AS" "$@"
  head "$@"
}
wait_for() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}
# bash, not sleep: as the first process it also reaps what daemons leave.
first='hostname "$1"; ip link set lo up; trap : CHLD; : >"$3"; exec 9<"$2"; while :; do sleep 3600 9<&- & wait $!; done'
boot() { # MACHINE UNSHARE-OPTIONS...
  local machine=$1
  shift
  : >"$state/run/$machine"
  rm -f "$state/run/$machine.ready"
  setsid unshare --net --uts --mount --pid --fork --kill-child --mount-proc --propagation private \
    bash -c "$first" machine "$machine" "$state/run/$machine" "$state/run/$machine.ready" </dev/null >/dev/null 2>&1 &
  wait_for 10 test -e "$state/run/$machine.ready" || die "no namespaces for '$machine'"
  wait_for 10 holder "$machine" || die "machine '$machine' did not start"
}
qmaster_pid() { head pgrep -x sge_qmaster; }
start_qmaster() {
  head sge_qmaster >>"$state/log/qmaster.out" 2>&1 </dev/null || true
  wait_for 20 head qconf -sh || { tail -n 5 "$state/log/qmaster.out" "$state/spool/qmaster/messages" >&2; die "sge_qmaster does not answer"; }
}
reported() { [ "$(head qhost -h "$1" | awk -v n="$1" '$1 == n {print $4}')" != - ]; }

# The head's /etc: what programs need to run, a hosts file that tide may write (a file that something is mounted on could not
# be replaced), and two users whom this machine does not know.
write_etc() {
  mkdir -p "$state/etc"
  local one
  for one in passwd group nsswitch.conf ld.so.cache ld.so.conf ld.so.conf.d alternatives localtime machine-id python3 bash.bashrc ssl; do
    [ ! -e "/etc/$one" ] || cp -a "/etc/$one" "$state/etc/"
  done
  rm -rf "$state/etc/ssl/private"
  for one in alice:41001 bob:41002; do
    echo "${one%:*}:x:${one#*:}:${one#*:}::/tmp:/bin/sh" >>"$state/etc/passwd"
    echo "${one%:*}:x:${one#*:}:" >>"$state/etc/group"
  done
  printf '127.0.0.1 localhost\n10.98.7.1 gehead\n' >"$state/etc/hosts"
}
write_root() {
  local common=$SGE_ROOT/default/common one
  mkdir -p "$common" "$state/spool/qmaster" "$state/spool/execd" "$state/conf"
  chmod 1777 "$state/spool/execd"
  for one in bin lib utilbin util; do ln -sfn "$cache/$one" "$SGE_ROOT/$one"; done
  echo gehead >"$common/act_qmaster"
  cat >"$common/bootstrap" <<CONF
admin_user none
default_domain none
ignore_fqdn true
spooling_method classic
spooling_lib libspoolc
spooling_params $common;$state/spool/qmaster
binary_path $SGE_ROOT/bin
qmaster_spool_dir $state/spool/qmaster
security_mode none
listener_threads 2
worker_threads 2
scheduler_threads 1
CONF
  sed -E -e "s#^(execd_spool_dir +).*#\1$state/spool/execd#; s#^(mailer +).*#\1/bin/true#; s#^(load_report_time +).*#\100:00:01#" \
    -e "s#^(max_unheard +).*#\1${GE_TEST_UNHEARD:-00:00:10}#; s#flush_time=[0-9:]+#flush_time=00:00:01#" \
    "$cache/default-configuration" >"$state/conf/global"
  {
    head spoolinit classic libspoolc "$common;$state/spool/qmaster" init
    for one in "configuration $state/conf/global" "complexes $cache/util/resources/centry" "usersets $cache/util/resources/usersets" \
      "managers root"; do head spooldefaults.bin $one; done
  } >"$state/log/init.log" 2>&1 || { cat "$state/log/init.log" >&2; die "the cell could not be made"; }
}
parallel() { # NAME RULE MORE...
  printf '%s\n' "pe_name $1" 'slots 9999' 'user_lists NONE' 'xuser_lists NONE' 'start_proc_args NONE' 'stop_proc_args NONE' \
    "allocation_rule $2" "control_slaves $3" "job_is_first_task $4" 'urgency_slots min' 'accounting_summary FALSE' 'qsort_args NONE' \
    >"$state/conf/pe"
  head qconf -Ap "$state/conf/pe"
}
queue() { # NAME HOSTGROUP: all that has no value here is as Grid Engine proposes it
  head qconf -sq >"$state/conf/queue"
  sed -i -E -e "s#^(qname +).*#\1$1#; s#^(hostlist +).*#\1$2#; s#^(slots +).*#\10#; s#^(pe_list +).*#\1smp mpi fill#" \
    -e 's#^(load_thresholds +).*#\1NONE#; s#^(shell +).*#\1/bin/sh#; s#^(shell_start_mode +).*#\1posix_compliant#' \
    -e 's#^(ckpt_list +).*#\1NONE#' "$state/conf/queue"
  head qconf -Aq "$state/conf/queue"
}
configure() {
  local group one
  head qconf -as gehead
  head qconf -ah gehead || true
  head qconf -ssconf | sed -E 's/^(schedule_interval +).*/\10:0:1/; s/^(flush_(submit|finish)_sec +).*/\11/; s/^(schedd_job_info +).*/\1true/; s/^(load_formula +).*/\1slots/; s/^(job_load_adjustments +).*/\1NONE/' \
    >"$state/conf/scheduler"
  head qconf -Msconf "$state/conf/scheduler"
  for group in allhosts gpuhosts; do
    printf 'group_name @%s\nhostlist NONE\n' $group >"$state/conf/group"
    head qconf -Ahgrp "$state/conf/group"
  done
  parallel smp '$pe_slots' FALSE TRUE
  parallel mpi '$round_robin' TRUE FALSE
  parallel fill '$fill_up' TRUE FALSE
  head qconf -sc >"$state/conf/complexes"
  sed -i '/^h_vmem /s/.*/h_vmem h_vmem MEMORY <= YES YES 100M 0/' "$state/conf/complexes"
  {
    echo 'gpu gpu INT <= YES YES 0 1000'
    echo 'tide_note tide_note STRING == NO NO NONE 0'
    for one in ${GE_TEST_FEATURES:-}; do echo "$one $one BOOL == YES NO 0 0"; done
  } >>"$state/conf/complexes"
  head qconf -Mc "$state/conf/complexes"
  queue all.q @allhosts
  queue gpu.q @gpuhosts
}

case $verb in
up)
  install_folder
  mkdir -p "$state/run" "$state/log"
  if ! holder gehead >/dev/null; then
    [ -d "$state/etc" ] || write_etc
    boot gehead
    enter gehead mount --bind "$state/etc" /etc
    # The one path that Debian wrote into its programs: /usr/lib/gridengine/libspoolc.so.
    enter gehead mount -t overlay -o "lowerdir=$cache/over:/usr/lib" overlay /usr/lib
    enter gehead ip link add br0 type bridge
    enter gehead ip addr add 10.98.7.1/16 dev br0
    enter gehead ip link set br0 up
  fi
  fresh=
  if [ ! -s "$SGE_ROOT/default/common/bootstrap" ]; then
    write_root
    fresh=1
  fi
  qmaster_pid >/dev/null || start_qmaster
  if [ -n "$fresh" ]; then configure >"$state/log/configure.log" 2>&1 || { cat "$state/log/configure.log" >&2; die "Grid Engine refuses its configuration"; }; fi ;;
enter)
  shift 2
  as_user "$@" ;;
machine)
  [ -n "$name" ] || usage
  address=$(awk -v n="$name" '$2 == n {print $1}' "$state/etc/hosts")
  if [ -z "$address" ]; then
    address=10.98.7.${4:-$(awk -F '[. ]' '/^10\.98\.7\./ && $4 > last {last = $4} END {print last + 1}' "$state/etc/hosts")}
    echo "$address $name" >>"$state/etc/hosts"
  fi
  if holder "$name" >/dev/null; then exit 0; fi
  # From within the head: a machine goes with it.
  if ! on_head; then exec nsenter -t "$(holder gehead)" -n -m -u -p -- "$self" "$@"; fi
  boot "$name"
  wire=w${address##*.}
  ip link add "$wire" type veth peer name eth0 netns "$(holder "$name")"
  ip link set "$wire" master br0 up
  enter "$name" ip addr add "$address/16" dev eth0
  enter "$name" ip link set eth0 up ;;
admit)
  [ -n "$name" ] || usage
  shift 3
  slots=4 mem=4G gpu=0 group=@allhosts
  for pair in "$@"; do
    case $pair in
    slots=* | mem=* | gpu=* | group=*) declare "${pair%%=*}=${pair#*=}" ;;
    *) die "'$pair' is no setting of a node" ;;
    esac
  done
  values=slots=$slots,h_vmem=$mem
  [ "$gpu" = 0 ] || values+=,gpu=$gpu
  printf '%s\n' "hostname $name" 'load_scaling NONE' "complex_values $values" 'user_lists NONE' 'xuser_lists NONE' 'projects NONE' \
    'xprojects NONE' 'usage_scaling NONE' 'report_variables NONE' >"$state/conf/host.$name"
  {
    head qconf -ah "$name" || true
    head qconf -Ae "$state/conf/host.$name" || head qconf -Me "$state/conf/host.$name"
    head qconf -aattr hostgroup hostlist "$name" "$group"
    for queue in all.q gpu.q; do head qconf -aattr queue slots "[$name=$slots]" $queue; done
  } >>"$state/log/admit.log" 2>&1 || { tail -n 5 "$state/log/admit.log" >&2; die "'$name' is not admitted"; } ;;
execd)
  enter "$name" pgrep -r D,R,S,T -x sge_execd >/dev/null || enter "$name" sge_execd >>"$state/log/execd.$name.out" 2>&1 </dev/null || true
  wait_for 20 reported "$name" || { tail -n 5 "$state/log/execd.$name.out" >&2; die "the execd of '$name' does not report"; } ;;
kill-execd)
  enter "$name" pkill "-${4:-KILL}" -x sge_execd
  # One that is still dying would be taken for one that runs by whoever starts the next.
  execd_gone() { ! enter "$name" pgrep -r D,R,S,T -x sge_execd >/dev/null; }
  wait_for 10 execd_gone || die "the execd of '$name' does not end" ;;
halt)
  if pid=$(holder "$name"); then
    kill -KILL "$pid"
    wait_for 5 eval "! holder '$name'" || die "'$name' does not end"
  fi ;;
stop-qmaster)
  pid=$(qmaster_pid) || exit 0
  if [ "$name" = KILL ]; then head kill -KILL "$pid"; else head qconf -km >/dev/null; fi
  wait_for 20 eval '! qmaster_pid' || die "sge_qmaster does not end" ;;
start-qmaster) qmaster_pid >/dev/null || start_qmaster ;;
pid) qmaster_pid ;;
status)
  for file in "$state"/run/*; do
    machine=$(basename "$file")
    case $machine in *.ready | '*') continue ;; esac
    if holder "$machine" >/dev/null; then echo "up $machine"; else echo "gone $machine"; fi
  done
  head qstat -f -u '*'
  head qhost ;;
down)
  if pid=$(holder gehead); then
    kill -KILL "$pid"    # and with it all of its namespace, nodes too
    wait_for 10 eval '! holder gehead' || die "the head does not end"
  fi ;;
*) usage ;;
esac
