#!/bin/bash
# User data of a machine of EC2 that joins a Grid Engine as an execution host. It holds no secret: Grid Engine knows its
# hosts by their names, and tide admits this one, disabled, once it knew the address.
# The image has: gridengine-exec (sge_execd), curl, and $SGE_ROOT/$SGE_CELL/common by NFS or as a copy. tide fills in the words
# between @ signs.
set -u
head=@TIDE_HEAD@

# Started again after it was stopped ([pools.x] keep_stopped), a machine is to join once more: user data runs at its first boot only,
# what lies here at each.
each_boot=/var/lib/cloud/scripts/per-boot/tide-join
[ "$0" = $each_boot ] || install -D -m 700 "$0" $each_boot

# Which of the names of this launch is ours: tide tags the machines of one call with their names, in launch order.
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
meta() { curl -fsS -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"; }
until index=$(meta ami-launch-index) && names=$(meta tags/instance/tide:names) && address=$(meta local-ipv4); do sleep 2; done
# "physics-small-[0101-0103,0107]": one name a line.
expand() {
  local list=$1 part first n
  while [[ $list =~ ^([^][,]*)(\[([^]]*)\]([^,]*))?,?(.*)$ && -n $list ]]; do
    local before=${BASH_REMATCH[1]} inside=${BASH_REMATCH[3]} after=${BASH_REMATCH[4]}
    list=${BASH_REMATCH[5]}
    [ -n "$inside" ] || printf '%s\n' "$before"
    for part in ${inside//,/ }; do
      first=${part%-*}
      for ((n = 10#$first; n <= 10#${part#*-}; n++)); do printf "%s%0${#first}d%s\n" "$before" "$n" "$after"; done
    done
  done
}
name=$(expand "$names" | sed -n "$((index + 1))p")
hostnamectl set-hostname "$name"
grep -q " $name\$" /etc/hosts || echo "$address $name" >>/etc/hosts

# Jobs must not read what root may: the metadata address is closed to all but root.
iptables -A OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT

# On spot machines: holds this node once EC2 takes the machine back (examples/agent/spot-notice, if the image brings it).
agent=/usr/local/sbin/spot-notice
[ ! -x $agent ] || $agent gridengine "$name" &

export SGE_ROOT=${SGE_ROOT:-/var/lib/gridengine} SGE_CELL=${SGE_CELL:-default} SGE_ND=1 # in the foreground
echo "$head" >"$SGE_ROOT/$SGE_CELL/common/act_qmaster" 2>/dev/null # where it is a copy
# It ends at once until tide made this host's entry. Not asked too often: for a minute after it met a name that does not
# resolve yet, the qmaster remembers that.
while true; do
  sge_execd
  sleep 20
done
