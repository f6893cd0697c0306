#!/bin/bash
# User data of a machine of EC2 that joins an HTCondor pool as an execute node. It holds no secret: the image brings a token that
# may only ADVERTISE_STARTD and ADVERTISE_MASTER (root only, in /etc/condor/tokens.d), or root fetches it before the metadata
# service is closed to everybody else. The image has: condor, curl. tide fills in the words between @ signs.
set -u
head=@TIDE_HEAD@

# Started again after it was stopped ([pools.x] keep_stopped), a machine is to join once more: user data runs at its first boot only,
# what lies here at each.
each_boot=/var/lib/cloud/scripts/per-boot/tide-join
[ "$0" = $each_boot ] || install -D -m 700 "$0" $each_boot
pool=@TIDE_POOL@

# Which of the names of this launch is ours: tide tags the machines of one call with their names, in launch order.
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
meta() { curl -fsS -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"; }
until index=$(meta ami-launch-index) && names=$(meta tags/instance/tide:names) && id=$(meta instance-id); do sleep 2; done
# "physics-small-[0139-0140,0150]" as one name a line.
expand() {
  local prefix=${1%%\[*} inner part from to number
  [ "$prefix" != "$1" ] || { printf '%s\n' "$1"; return; }
  inner=${1#*\[}
  for part in $(printf '%s' "${inner%\]}" | tr , ' '); do
    from=${part%-*} to=${part#*-}
    for number in $(seq "$((10#$from))" "$((10#$to))"); do printf "%s%0${#from}d\n" "$prefix" "$number"; done
  done
}
name=$(expand "$names" | sed -n "$((index + 1))p")
address=$(meta local-ipv4)
hostnamectl set-hostname "$name"
grep -q " $name\$" /etc/hosts || echo "$address $name.tide.internal $name" >>/etc/hosts

# Jobs must not read what root may: the metadata address is closed to all but root.
iptables -A OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT

cat >/etc/condor/config.d/90-tide <<CONF
CONDOR_HOST = $head
DAEMON_LIST = MASTER SHARED_PORT STARTD
NETWORK_HOSTNAME = $name.tide.internal
NUM_SLOTS = 1
NUM_SLOTS_TYPE_1 = 1
SLOT_TYPE_1 = 100%
SLOT_TYPE_1_PARTITIONABLE = True
TideNode = "$name"
TidePool = "$pool"
TideFeatures = "cloud"
TideInstance = "$id"
TideReady = False
STARTD_ATTRS = \$(STARTD_ATTRS) TideNode TidePool TideFeatures TideInstance TideReady
MASTER_ATTRS = \$(MASTER_ATTRS) TideNode TideInstance
START = TideReady =?= True
CLAIM_WORKLIFE = 0
# A drain then lets each job finish; with the default of 0 it would evict them at once.
MAXJOBRETIREMENTTIME = 315360000
CONF
systemctl restart condor

# The site's own check, if the image brings one; until it has passed, no job starts.
check=/usr/local/sbin/tide-ready
while [ -x $check ] && ! $check; do sleep 5; done
sed -i 's/^TideReady = .*/TideReady = True/' /etc/condor/config.d/90-tide
until condor_reconfig; do sleep 5; done

# On spot machines: holds this node once EC2 takes the machine back (examples/agent/spot-notice, if the image brings it).
agent=/usr/local/sbin/spot-notice
[ ! -x $agent ] || $agent htcondor "$name.tide.internal" &
