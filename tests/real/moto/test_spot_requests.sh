#!/bin/bash
# test_spot_requests.sh BUILD_DIR: spot requests on moto behind the strict gate, which fulfils them at once, answers without their
# tags and leaves their machines bare: one machine, tagged; also where the answer is lost, and in the end.
. "$(dirname "$0")/lib.sh"
config_story spots 9 <<END
[clouds.aws]
kind = "ec2"
region = "us-east-1"
endpoint = "$endpoint"
credentials_file = "$work/moto/credentials"
[pools.small]
cloud = "aws"
image = "ami-12c6146b"
types = ["c5.large"]
market = "spot"
spot = "request"
max_price = 0.05
slots = 2
memory = "1GiB"
price = 0.05
END
ec2() { AWS_SHARED_CREDENTIALS_FILE=$work/moto/credentials /usr/bin/aws --endpoint-url "$endpoint" --region us-east-1 --output text ec2 "$@"; }
live() { ec2 describe-instances --filters Name=instance-state-name,Values=pending,running --query 'Reservations[].Instances[].InstanceId' | wc -w; }
tagged() { ec2 describe-instances --filters Name=instance-state-name,Values=pending,running Name=tag:tide:cluster,Values=spots --query 'Reservations[].Instances[].InstanceId' | wc -w; }
gate() { curl -fsS "$endpoint/__gate/$1" >/dev/null; }

exits 0 tide launch small -n 1 --yes
same "moto fulfils a request at once" 1 "$(live)"
same "and its machine is bare" 0 "$(tagged)"
exits 0 tide scale-once
same "the pass tags it" 1 "$(tagged)"
same "it is one machine" 1 "$(live)"
same "and shown by its own ID" "i-" "$(query "' '.join(w['instance'][:2] for w in d['workers'])")"
same "it is a spot machine" spot "$(ec2 describe-instances --query 'Reservations[].Instances[].InstanceLifecycle')"
same "the request bears the cluster's tag no more" 0 \
  "$(ec2 describe-spot-instance-requests --filters Name=tag:tide:cluster,Values=spots --query 'length(SpotInstanceRequests)')"

gate 'fail?n=9&mode=drop&after=1&action=RequestSpotInstances'
tide launch small -n 1 --yes >"$work/lost.out" 2>&1 </dev/null || true
gate reset
passes 3 0
same "an answer that was lost: one machine more" 2 "$(live)"
same "with its tags" 2 "$(tagged)"

exits 0 tide terminate $(query "' '.join(w['instance'] for w in d['workers'])") --yes --no-wait
same "all ended" 0 "$(live)"
exit $failed
