#!/bin/bash
# test_awscli.sh BUILD_DIR: Debian's AWS command line against our fake EC2, for every call that tide uses: the fake that
# the other tests trust speaks the real protocol, signatures included.
set -eu
build=$(cd "${1:?usage: test_awscli.sh BUILD_DIR}" && pwd)
aws=/usr/bin/aws
[ -x "$aws" ] || {
  echo "SKIPPED: no $aws; install it with: apt-get install awscli" >&2
  exit 77
}
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-fake-ec2.XXXXXX")
. "$(dirname "$0")/../../support/serve.sh"
trap 'end_servers; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
unset AWS_PROFILE AWS_ENDPOINT_URL
export AWS_CONFIG_FILE=$work/config AWS_SHARED_CREDENTIALS_FILE=$work/none AWS_EC2_METADATA_DISABLED=true AWS_PAGER= AWS_MAX_ATTEMPTS=1
export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=secret/of+the=test AWS_SESSION_TOKEN=token/with+signs==
echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN" >"$work/keys"
serve "$build/fake-ec2" 0 "$work/keys"
endpoint=http://$server
checks=0

fail() {
  echo "FAILED: $*"
  cat "$work/out" "$work/err"
  exit 1
}
ec2() { "$aws" --endpoint-url "$endpoint" --region "${region:-eu-central-1}" --output text ec2 "$@" >"$work/out" 2>"$work/err"; }
good() { ec2 "$@" || fail "should work: $*"; }
bad() {
  local code=$1
  shift
  if ec2 "$@"; then fail "should not work: $*"; fi
  grep -q "($code)" "$work/err" || fail "should be $code: $*"
  checks=$((checks + 1))
}
is() { [ "$(cat "$work/out")" = "$1" ] && checks=$((checks + 1)) || fail "is not '$1'"; }
gate() { curl -fsS "$endpoint/__gate/$1" >"$work/gate-answer"; }

tags='ResourceType=instance,Tags=[{Key=tide:cluster,Value=physics},{Key=tide:owner,Value=a + b/é}]'
run=(run-instances --image-id ami-0abc --instance-type c5.large --count 1:3 --client-token token-1 --key-name ssh
  --user-data 'echo a&b' --tag-specifications "$tags" --instance-initiated-shutdown-behavior terminate
  --metadata-options HttpTokens=required,HttpPutResponseHopLimit=1,InstanceMetadataTags=enabled
  --block-device-mappings 'DeviceName=/dev/xvda,Ebs={VolumeSize=20}')
mine=(describe-instances --filters Name=tag:tide:cluster,Values=physics)

good "${run[@]}" --query 'Instances[].[State.Name,AmiLaunchIndex]'
is "$(printf 'pending\t0\npending\t1\npending\t2')"
good "${run[@]}" --query 'length(Instances)'
is 3
bad IdempotentParameterMismatch "${run[@]}" --instance-type c6i.xlarge
good "${mine[@]}" --query 'length(Reservations[].Instances[])'
is 3
good "${mine[@]}" --query 'length(Reservations[].Instances[])' --page-size 5
is 3
good "${mine[@]}" --query 'Reservations[0].Instances[0].[State.Name,InstanceType,Tags[?Key==`tide:owner`].Value|[0]]'
is "$(printf 'running\tc5.large\ta + b/é')"
good describe-instances --filters Name=tag:tide:cluster,Values=other --query 'length(Reservations)'
is 0
good "${mine[@]}" --query 'Reservations[].Instances[].InstanceId'
read -r first second third <"$work/out"
good describe-instances --instance-ids "$first" --query 'Reservations[].Instances[].InstanceId'
is "$first"
bad InvalidInstanceID.NotFound describe-instances --instance-ids i-0123456789abcdef0

good create-tags --resources "$first" "$second" --tags Key=mark,Value=x
good describe-instances --filters Name=tag:mark,Values=x --query 'length(Reservations[].Instances[])'
is 2
good get-console-output --instance-id "$first" --query Output
is "console of $first"
good describe-instance-types --instance-types c5.large --query 'InstanceTypes[].[VCpuInfo.DefaultVCpus,MemoryInfo.SizeInMiB]'
is "$(printf '2\t4096')"
bad InvalidInstanceType describe-instance-types --instance-types no.such
good describe-images --image-ids ami-0abc --query 'Images[].RootDeviceName'
is /dev/xvda

# Health, notices and prices, as tide asks for them.
gate "machine?id=$first&impaired=system&event=instance-retirement"
good describe-instance-status --filters Name=system-status.status,Values=impaired \
  --query 'InstanceStatuses[].[InstanceId,SystemStatus.Status,SystemStatus.Details[0].Status,InstanceStatus.Status]'
is "$(printf '%s\timpaired\tfailed\tok' "$first")"
good describe-instance-status --filters Name=event.code,Values=instance-retirement,instance-stop --query 'InstanceStatuses[].Events[].Code'
is instance-retirement
good describe-instance-status --filters Name=instance-status.status,Values=impaired --query 'length(InstanceStatuses)'
is 0
good describe-instance-status --query 'length(InstanceStatuses)' --page-size 5
is 3
good run-instances --image-id ami-0abc --instance-type c5.large --instance-market-options MarketType=spot --query 'Instances[].InstanceId'
spot=$(cat "$work/out")
good describe-spot-instance-requests --filters Name=status-code,Values=marked-for-termination --query 'length(SpotInstanceRequests)'
is 0
gate "machine?id=$spot&notice=marked-for-termination"
good describe-spot-instance-requests --filters Name=status-code,Values=marked-for-termination,marked-for-stop \
  --query 'SpotInstanceRequests[].[InstanceId,Status.Code]'
is "$(printf '%s\tmarked-for-termination' "$spot")"
gate "spot-price?type=c5.large&zone=eu-central-1a&price=0.0388"
good describe-spot-price-history --instance-types c5.large --product-descriptions Linux/UNIX --start-time 2026-11-25T12:00:00Z \
  --query 'SpotPriceHistory[].[AvailabilityZone,SpotPrice]'
is "$(printf 'eu-central-1a\t0.0388')"
good run-instances --image-id ami-0abc --instance-type c5.large --query 'Instances[].InstanceId' \
  --tag-specifications 'ResourceType=volume,Tags=[{Key=tide:cluster,Value=volumes}]'
tagged=$(cat "$work/out")
good describe-volumes --filters Name=tag:tide:cluster,Values=volumes Name=status,Values=available,in-use \
  --query 'Volumes[].[Size,State,Tags[0].Value]'
is "$(printf '8\tin-use\tvolumes')"
good describe-volumes --filters Name=tag:tide:cluster,Values=volumes Name=status,Values=available --query 'length(Volumes)'
is 0
good terminate-instances --instance-ids "$tagged"
gate "machine?id=$spot&state=terminated&reason=Server.SpotInstanceTermination"
good describe-instances --instance-ids "$spot" --query 'Reservations[].Instances[].StateReason.Code'
is Server.SpotInstanceTermination
good modify-instance-attribute --instance-id "$first" --disable-api-termination
bad OperationNotPermitted terminate-instances --instance-ids "$first"
good modify-instance-attribute --instance-id "$first" --no-disable-api-termination

good stop-instances --instance-ids "$first" "$second" --query 'StoppingInstances[].CurrentState.Name'
is "$(printf 'stopping\tstopping')"
for _ in 1 2 3; do good describe-instances --instance-ids "$first" "$second" --query 'Reservations[].Instances[].State.Name'; done
is "$(printf 'stopped\tstopped')"
good start-instances --instance-ids "$first" "$second" --query 'StartingInstances[].PreviousState.Name'
is "$(printf 'stopped\tstopped')"
bad InvalidInstanceID.NotFound start-instances --instance-ids "$first" i-0123456789abcdef0
bad InvalidInstanceID.NotFound terminate-instances --instance-ids "$first" i-0123456789abcdef0
bad InvalidInstanceID.Malformed terminate-instances --instance-ids "$first" wn7
good terminate-instances --instance-ids "$first" "$second" --query 'TerminatingInstances[].CurrentState.Name'
is "$(printf 'shutting-down\tshutting-down')"
good describe-instances --filters Name=instance-state-name,Values=running --query 'Reservations[].Instances[].InstanceId'
is "$third"

gate 'capacity?n=0'
bad InsufficientInstanceCapacity "${run[@]}" --client-token token-2
gate 'fail?n=1&status=503&code=RequestLimitExceeded'
bad RequestLimitExceeded "${mine[@]}"
gate 'capacity'

# Images by name and owner, and by SSM's parameter.
gate 'image?id=ami-0old&name=debian-12-1&owner=123456789012&created=2026-01-01T00:00:00.000Z'
gate 'image?id=ami-0new&name=debian-12-2&owner=123456789012&created=2026-02-01T00:00:00.000Z'
gate 'image?id=ami-0bad&name=debian-12-3&owner=999999999999&created=2026-03-01T00:00:00.000Z'
good describe-images --owners 123456789012 --filters 'Name=name,Values=debian-12-*' Name=state,Values=available \
  --query 'sort_by(Images,&CreationDate)[-1].ImageId'
is ami-0new
good describe-images --owners 123456789012 --filters 'Name=name,Values=fedora-*' --query 'length(Images)'
is 0
ssm() { "$aws" --endpoint-url "$endpoint" --region eu-central-1 --output text ssm "$@" >"$work/out" 2>"$work/err"; }
gate 'parameter?name=/site/worker&value=ami-0new'
ssm get-parameter --name /site/worker --query Parameter.Value || fail "get-parameter"
is ami-0new
if ssm get-parameter --name /site/none; then fail "a parameter that is not there"; fi
grep -q '(ParameterNotFound)' "$work/err" || fail "should be ParameterNotFound"
checks=$((checks + 2))

# Launch templates, placement groups, reservations.
good create-launch-template --launch-template-name worker --launch-template-data '{"ImageId":"ami-0tmpl","InstanceType":"c5.large","UserData":"ZWNobw=="}' \
  --query LaunchTemplate.LaunchTemplateName
is worker
good run-instances --launch-template 'LaunchTemplateName=worker,Version=$Default' --count 1 --client-token t-1 \
  --capacity-reservation-specification CapacityReservationPreference=none --query 'Instances[].[ImageId,InstanceType]'
is "$(printf 'ami-0tmpl\tc5.large')"
good run-instances --launch-template LaunchTemplateName=worker --instance-type c6i.xlarge --count 1 --client-token t-2 \
  --query 'Instances[].[ImageId,InstanceType]'
is "$(printf 'ami-0tmpl\tc6i.xlarge')"
bad InvalidLaunchTemplateName.NotFoundException run-instances --launch-template LaunchTemplateName=none --count 1
bad InvalidPlacementGroup.Unknown run-instances --launch-template LaunchTemplateName=worker --count 1 --placement GroupName=missing

# What is refused on order, and a fleet that goes on to the next choice.
for code in Unsupported InsufficientFreeAddressesInSubnet VcpuLimitExceeded; do
  gate "refuse?what=c7i.xlarge@subnet-1&code=$code"
  bad $code run-instances --image-id ami-0abc --instance-type c7i.xlarge --subnet-id subnet-1 --count 1
done
fleet=(create-fleet --type instant --client-token f-1
  --target-capacity-specification TotalTargetCapacity=1,DefaultTargetCapacityType=on-demand
  --on-demand-options AllocationStrategy=prioritized --tag-specifications "$tags"
  --launch-template-configs '[{"LaunchTemplateSpecification":{"LaunchTemplateName":"worker","Version":"$Default"},"Overrides":[
    {"InstanceType":"c7i.xlarge","SubnetId":"subnet-1","Priority":0},{"InstanceType":"c6i.xlarge","SubnetId":"subnet-2","Priority":1}]}]')
good "${fleet[@]}" --query 'Errors[].[ErrorCode,LaunchTemplateAndOverrides.Overrides.SubnetId]'
is "$(printf 'VcpuLimitExceeded\tsubnet-1')"
good "${fleet[@]}" --query 'Instances[].[InstanceType,length(InstanceIds)]'
is "$(printf 'c6i.xlarge\t1')"
good "${fleet[@]}" --query 'Instances[0].InstanceIds[0]'
good describe-instances --instance-ids "$(cat "$work/out")" --query 'Reservations[].Instances[].Tags[?Key==`tide:cluster`].Value'
is physics

# One-time spot requests: they wait, are fulfilled, called off, and their machines bear no tags; reserved instances.
gate 'wait?n=1'
request=(request-spot-instances --type one-time --instance-count 1 --client-token s-1 --spot-price 0.05 --valid-until 2099-01-01T00:00:00Z
  --launch-specification '{"ImageId":"ami-0abc","InstanceType":"c5.large","KeyName":"ssh","SubnetId":"subnet-1","SecurityGroupIds":["sg-1"],"UserData":"ZWNobw=="}'
  --tag-specifications 'ResourceType=spot-instances-request,Tags=[{Key=tide:cluster,Value=spots}]')
good "${request[@]}" --query 'SpotInstanceRequests[].[State,Status.Code,Tags[0].Value,SpotPrice]'
is "$(printf 'open\tpending-evaluation\tspots\t0.05')"
good "${request[@]}" --query 'SpotInstanceRequests[].SpotInstanceRequestId'
sir=$(cat "$work/out")
bad IdempotentParameterMismatch "${request[@]}" --spot-price 0.06
spots=(describe-spot-instance-requests --filters Name=tag:tide:cluster,Values=spots)
good "${spots[@]}" --query 'SpotInstanceRequests[].[SpotInstanceRequestId,State,LaunchSpecification.InstanceType]'
is "$(printf '%s\topen\tc5.large' "$sir")"
good "${spots[@]}" --query 'SpotInstanceRequests[].[State,Status.Code]'
is "$(printf 'active\tfulfilled')"
good "${spots[@]}" --query 'SpotInstanceRequests[].InstanceId'
came=$(cat "$work/out")
good describe-instances --instance-ids "$came" --query 'Reservations[].Instances[].[InstanceLifecycle,length(Tags)]'
is "$(printf 'spot\t0')"
good delete-tags --resources "$sir" --tags Key=tide:cluster
good "${spots[@]}" --query 'length(SpotInstanceRequests)'
is 0
good cancel-spot-instance-requests --spot-instance-request-ids "$sir" --query 'CancelledSpotInstanceRequests[].State'
is cancelled
good describe-spot-instance-requests --spot-instance-request-ids "$sir" --query 'SpotInstanceRequests[].Status.Code'
is request-canceled-and-instance-running
bad InvalidSpotInstanceRequestID.NotFound cancel-spot-instance-requests --spot-instance-request-ids sir-0none
gate 'refuse?what=c5.large&code=price-too-low'
good "${request[@]}" --client-token s-2 --query 'SpotInstanceRequests[].State'
is open
good "${spots[@]}" --query 'SpotInstanceRequests[].Status.Code'
is price-too-low
gate 'refuse?what=c5.large&code='
gate 'reserve?type=c5.large&n=2'
gate 'reserve?type=c5.large&n=1&zone=eu-central-1b'
good describe-reserved-instances --filters Name=state,Values=active \
  --query 'ReservedInstances[].[InstanceType,InstanceCount,Scope,AvailabilityZone,ProductDescription]'
is "$(printf 'c5.large\t2\tRegion\tNone\tLinux/UNIX\nc5.large\t1\tAvailability Zone\teu-central-1b\tLinux/UNIX')"
good describe-reserved-instances --filters Name=state,Values=retired --query 'length(ReservedInstances)'
is 0
good describe-subnets --subnet-ids subnet-1 --query 'Subnets[].[SubnetId,AvailabilityZone]'
is "$(printf 'subnet-1\teu-central-1a')"

bad InvalidAction describe-vpcs
AWS_SECRET_ACCESS_KEY=wrong bad AuthFailure "${mine[@]}"
AWS_ACCESS_KEY_ID=AKIDOTHER bad AuthFailure "${mine[@]}"
AWS_SESSION_TOKEN=other bad AuthFailure "${mine[@]}"
region=us-east-1 bad AuthFailure "${mine[@]}"
echo "aws against the fake: $checks checks passed"
