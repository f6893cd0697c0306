#!/bin/bash
# User data of a machine of EC2 that joins a Slurm as a dynamic node. It holds no secret: the image brings munge's key
# (root only), or root fetches it before the metadata service is closed to everybody else.
# The image has: slurmd, munged, curl. tide fills in the words between @ signs.
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
until index=$(meta ami-launch-index) && names=$(meta tags/instance/tide:names); do sleep 2; done
name=$(scontrol show hostnames "$names" | sed -n "$((index + 1))p")
hostnamectl set-hostname "$name"

# Jobs must not read what root may: the metadata address is closed to all but root.
iptables -A OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT

# On spot machines: holds this node once EC2 takes the machine back (examples/agent/spot-notice, if the image brings it).
agent=/usr/local/sbin/spot-notice
[ ! -x $agent ] || $agent slurm "$name" &
systemctl start munge
# Until admitted: the head may be restarting, the network may come late.
while true; do
  slurmd -D -Z -N "$name" --conf-server "$head" --conf "Feature=$pool"
  sleep 5
done
