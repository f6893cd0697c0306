#!/bin/bash
# test_reservations.sh BUILD_DIR: types that are reserved and free are launched first, others' machines use reservations up first,
# and the account is asked once an hour, or not at all.
. "$(dirname "$0")/lib.sh"
aws=/usr/bin/aws
[ -x $aws ] || { echo "SKIPPED: awscli is not installed"; exit 77; }
types() {
  AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token \
    $aws --endpoint-url "$endpoint" --region eu-central-1 --output text ec2 describe-instances \
    --filters "Name=tag:tide:cluster,Values=$cluster" --query 'sort(Reservations[].Instances[].InstanceType)' | tr '\t' ' '
}
config_two() { # [LINE]: of [clouds.aws]
  config_aws "$@"
  sed -i 's/^types = .*/types = ["c6i.xlarge", "c5.large"]/' "$TIDE_CONFIG"
  printf 'subnets = ["subnet-1"]\n' >>"$TIDE_CONFIG"
}
launch() { tide launch small -n "$1" --yes >>"$work/launch.out" 2>&1 </dev/null || fail "launch: $(tail -3 "$work/launch.out")"; }

gate 'reserve?type=c5.large&n=3&zone=eu-central-1a' >/dev/null
gate 'fill?n=1&cluster=others' >/dev/null
cluster=plain state=$work/state-plain
config_two
launch 1
same "who does not ask for it: the pool's own order" c6i.xlarge "$(types)"
same "and no call" 0 "$(calls DescribeReservedInstances)"

cluster=reserved state=$work/state-reserved
config_two 'reservations = true'
launch 1
same "what is reserved comes first" c5.large "$(types)"
tide scale-once >>"$work/launch.out" 2>&1 </dev/null || true
tide explain small >"$work/explain.out" 2>&1 || true
check "what others do not use is shown, in the subnet's zone" grep -q 'first 1 of c5.large' "$work/explain.out"
launch 2
same "as far as it goes" "c5.large c5.large c6i.xlarge" "$(types)"
for _ in 1 2; do tide scale-once >>"$work/launch.out" 2>&1 </dev/null || true; done
same "it is asked for once an hour" 1 "$(calls DescribeReservedInstances)"
same "and so are the subnets" 1 "$(calls DescribeSubnets)"
exit $failed
