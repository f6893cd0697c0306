#!/bin/bash
# User data of a machine of EC2 that joins a TORQUE as a node. It holds no secret: TORQUE knows its nodes by name and
# address, and tide has made this one's entry, held, once it knew the address.
# The image has: pbs_mom (trqauthd for jobs that submit jobs), curl. tide fills in the words between @ signs.
set -u
head=@TIDE_HEAD@

# Started again after it was stopped ([pools.x] keep_stopped), a machine is to join once more: user data runs at its first boot only,
# what lies here at each.
each_boot=/var/lib/cloud/scripts/per-boot/tide-join
[ "$0" = $each_boot ] || install -D -m 700 "$0" $each_boot

# Which of the names of this launch is ours: tide tags the machines of one call with their names, in launch order:
# "physics-small-[0101-0140,0150],other-7".
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
meta() { curl -fsS -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"; }
until index=$(meta ami-launch-index) && names=$(meta tags/instance/tide:names); do sleep 2; done
expand() { # one name a line
  local rest=$1, item range first last n
  while [ -n "$rest" ]; do
    if [[ $rest =~ ^([^][,]*)\[([^]]*)\]([^][,]*),(.*)$ ]]; then
      local before=${BASH_REMATCH[1]} inside=${BASH_REMATCH[2]} after=${BASH_REMATCH[3]}
      rest=${BASH_REMATCH[4]}
      for range in ${inside//,/ }; do
        first=${range%-*} last=${range#*-}
        for ((n = 10#$first; n <= 10#$last; n++)); do printf '%s%0*d%s\n' "$before" "${#first}" "$n" "$after"; done
      done
    else
      item=${rest%%,*} rest=${rest#*,}
      echo "$item"
    fi
  done
}
name=$(expand "$names" | sed -n "$((index + 1))p")
hostnamectl set-hostname "$name"
grep -q " $name\$" /etc/hosts || echo "$(meta local-ipv4) $name" >>/etc/hosts

# Jobs must not read what root may: the metadata address is closed to all but root.
iptables -A OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT

# On spot machines: holds this node once EC2 takes the machine back (examples/agent/spot-notice, if the image brings it).
agent=/usr/local/sbin/spot-notice
[ ! -x $agent ] || $agent torque "$name" &
mkdir -p /var/spool/torque/mom_priv
echo "$head" >/var/spool/torque/server_name
printf '$pbsserver %s\n' "$head" >/var/spool/torque/mom_priv/config
# pbs_mom keeps asking until the head knows this node; started again if it ends.
while true; do
  pbs_mom -D
  sleep 5
done
