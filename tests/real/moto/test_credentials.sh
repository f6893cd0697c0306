#!/bin/bash
# test_credentials.sh BUILD_DIR: where the real tide finds credentials for EC2: roles given by moto's STS behind the strict
# gate, and loopback servers that play the instance metadata, a container's endpoint and the SSO portal. Slurm is a recording.
# In the end, no secret that was planted is in anything that tide printed, kept or was started with.
. "$(dirname "$0")/lib.sh"
umask 077
read -r key secret <"$work/moto/keys"
box="ASIABOXBOXBOXBOXBOXB SECRETboxkey/0123456789 SECRETboxtoken=="
echo "$box" >>"$work/moto/keys"
# shellcheck disable=SC2086
/usr/bin/python3 "$here/key_services.py" "$work/port" "$work/services.log" $box >"$work/services.err" 2>&1 &
servers+=($!)
for _ in $(seq 100); do
  [ -s "$work/port" ] && break
  sleep 0.1
done
local=http://127.0.0.1:$(cat "$work/port")

mkdir -p "$work/state" "$work/home/.aws/sso/cache"
role=arn:aws:iam::123456789012:role/scaler
cat >"$work/home/.aws/credentials" <<EOF
[base]
aws_access_key_id = $key
aws_secret_access_key = $secret
EOF
cat >"$work/home/.aws/config" <<EOF
[profile role]
role_arn = $role
source_profile = base
role_session_name = head-1
[profile twice]
role_arn = ${role}2
source_profile = role
[profile web]
role_arn = $role
web_identity_token_file = $work/jwt
[profile boxed]
role_arn = $role
credential_source = Ec2InstanceMetadata
[profile vault]
credential_process = "$work/bin/vault" 'a b'
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Scaler
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
[profile loop]
role_arn = $role
source_profile = loop
[profile mfa]
role_arn = $role
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/me
EOF
echo SECRETjwt.payload.signature >"$work/jwt"
cat >"$work/bin/vault" <<EOF
#!/bin/sh
[ "\$#" = 1 ] && [ "\$1" = "a b" ] || exit 3
tr '\\0' ' ' </proc/\$PPID/cmdline >>"$work/cmdlines"
set -- $box
printf '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s", "SessionToken": "%s"}' "\$1" "\$2" "\$3"
EOF
chmod +x "$work/bin/vault"
sso=$work/home/.aws/sso/cache/$(printf corp | sha1sum | cut -d' ' -f1).json
sso_until() { echo "{\"accessToken\": \"SECRETssotoken\", \"expiresAt\": \"$1\"}" >"$sso"; }
sso_until 2099-01-01T00:00:00Z

checks=0 number=0
fail() {
  echo "FAILED: $*"
  sed 's/^/  out: /' "$work/out.$number"
  sed 's/^/  err: /' "$work/err.$number"
  tail -n 5 "$work/services.log" "$work/moto/gate.log" 2>/dev/null | sed 's/^/  log: /'
  exit 1
}
gate() { curl -fsS "$endpoint/__gate/$1"; }
# tide_info EXIT CLOUD-LINES [VARIABLE=VALUE...]: `tide info` with these lines in [clouds.aws] and this environment.
tide_info() {
  local wanted=$1 lines=$2 code=0
  shift 2
  number=$((number + 1))
  config_story physics 4 <<EOF
[clouds.aws]
kind = "ec2"
$(printf '%b' "$lines")
[pools.small]
cloud = "aws"
image = "ami-12c6146b"
types = ["c5.large"]
slots = 2
memory = "1GiB"
EOF
  env -i HOME="$work/home" PATH="$PATH" USER=tester LC_ALL=C.UTF-8 "$@" "$build/tide" -v -c "$work/tide.toml" info \
    >"$work/out.$number" 2>"$work/err.$number" </dev/null || code=$?
  [ $code = "$wanted" ] || fail "exit $code, not $wanted: $lines $*"
  checks=$((checks + 1))
}
says() { grep -qE -- "$1" "$work/err.$number" && checks=$((checks + 1)) || fail "does not say: $1"; }
# The key that the last listing was signed with, and how often STS was asked.
used() { gate log | sed -n 's/.*"DescribeInstances".*"key": "\([^"]*\)".*/\1/p' | tail -n 1; }
is() { [ "$1" = "$2" ] && checks=$((checks + 1)) || fail "is '$1', not '$2'"; }
sts_calls() { gate log | grep -c "\"$1\"" || true; }
# Who moto takes the last key for.
identity() {
  curl -fsS "http://127.0.0.1:$(cat "$work/moto/port")/" -d 'Action=GetCallerIdentity&Version=2011-06-15' \
    -H "Authorization: AWS4-HMAC-SHA256 Credential=$(used)/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0" |
    sed -n 's:.*<Arn>\(.*\)</Arn>.*:\1:p'
}
region='region = "eu-central-1"\n'
ec2="${region}endpoint = \"$endpoint\"\n"

echo "# keys: in the profile, in the environment, in variables of other names"
tide_info 0 "${ec2}profile = \"base\""
is "$(used)" "$key"
tide_info 0 "$ec2" AWS_ACCESS_KEY_ID="$key" AWS_SECRET_ACCESS_KEY="$secret"
tide_info 0 "${ec2}access_key_env = \"MY_ID\"\nsecret_key_env = \"MY_KEY\"\nsession_token_env = \"MY_TOKEN\"" \
  MY_ID="${box%% *}" MY_KEY=SECRETboxkey/0123456789 MY_TOKEN=SECRETboxtoken==
is "$(used)" "${box%% *}"

echo "# roles by STS: one, a chain, a platform's token; each pass asks once"
tide_info 0 "${ec2}sts_endpoint = \"$endpoint\"\nprofile = \"role\""
is "$(sts_calls AssumeRole)" 1
says "cloud 'aws' was asked as role '$role' by profile 'base' in $work/home/.aws/credentials, good until 20..-..-..T..:..:..Z"
is "$(identity)" "arn:aws:sts::123456789012:assumed-role/scaler/head-1"
tide_info 0 "${ec2}profile = \"twice\"" AWS_ENDPOINT_URL_STS="$endpoint"
is "$(sts_calls AssumeRole)" 3
identity | grep -q 'assumed-role/scaler2/tide-[0-9]*$' || fail "is $(identity)"
tide_info 0 "${ec2}profile = \"web\"" AWS_ENDPOINT_URL="$endpoint"
is "$(sts_calls AssumeRoleWithWebIdentity)" 1
tide_info 0 "$ec2" AWS_ENDPOINT_URL_STS="$endpoint" AWS_WEB_IDENTITY_TOKEN_FILE="$work/jwt" AWS_ROLE_ARN="$role"

echo "# the clock of STS is two hours off; what was given has expired"
gate 'skew?s=7200' >"$work/gate-answer"
tide_info 0 "${ec2}sts_endpoint = \"$endpoint\"\nprofile = \"role\""
gate 'skew?s=0' >"$work/gate-answer"
before=$(sts_calls AssumeRole)
gate 'fail?n=1&action=DescribeInstances&status=400&code=RequestExpired&message=expired' >"$work/gate-answer"
tide_info 0 "${ec2}sts_endpoint = \"$endpoint\"\nprofile = \"role\""
is "$(sts_calls AssumeRole)" $((before + 2))
gate 'fail?n=1&action=AssumeRole&status=403&code=AccessDenied&message=not+for+you' >"$work/gate-answer"
tide_info 7 "${ec2}sts_endpoint = \"$endpoint\"\nprofile = \"role\""
says "role '$role' was not given to profile 'base' in .*: AccessDenied"
says 'trust policy'

echo "# the instance metadata: version 2, expired keys, version 1 alone, slow, absent"
tide_info 0 "$ec2" AWS_EC2_METADATA_SERVICE_ENDPOINT="$local/imds"
is "$(used)" "${box%% *}"
tide_info 0 "$ec2" AWS_EC2_METADATA_SERVICE_ENDPOINT="$local/imds-expired/"
tide_info 0 "${ec2}sts_endpoint = \"$endpoint\"\nprofile = \"boxed\"" AWS_EC2_METADATA_SERVICE_ENDPOINT="$local/imds"
identity | grep -q 'assumed-role/scaler/tide-[0-9]*$' || fail "is $(identity)"
tide_info 7 "$ec2" AWS_EC2_METADATA_SERVICE_ENDPOINT="$local/imds-v1"
says 'gives no session token \(HTTP status 404\)'
begin=$(date +%s%N)
tide_info 7 "$ec2" AWS_EC2_METADATA_SERVICE_ENDPOINT="$local/imds-slow"
took=$((($(date +%s%N) - begin) / 1000000))
[ $took -ge 1900 ] && [ $took -lt 4000 ] || fail "two tries of a second took $took ms"
says 'did not answer in time'
tide_info 7 "$ec2" AWS_EC2_METADATA_DISABLED=true
says "profile 'default' has no credentials in $work/home/.aws/credentials and $work/home/.aws/config"
says 'switched off by AWS_EC2_METADATA_DISABLED'
is "$(grep -c 'imds-v1/latest/meta-data' "$work/services.log" || true)" 0

echo "# a container's endpoint"
tide_info 0 "$ec2" AWS_CONTAINER_CREDENTIALS_FULL_URI="$local/task" AWS_CONTAINER_AUTHORIZATION_TOKEN=SECRETtasktoken
is "$(used)" "${box%% *}"
tide_info 7 "$ec2" AWS_CONTAINER_CREDENTIALS_FULL_URI="$local/task" AWS_CONTAINER_AUTHORIZATION_TOKEN=SECRETwrong
says 'HTTP status 401'
tide_info 7 "$ec2" AWS_CONTAINER_CREDENTIALS_FULL_URI=http://192.0.2.1/task
says "names host '192.0.2.1'"

echo "# SSO: logged in, logged out there, expired here"
tide_info 0 "${ec2}profile = \"sso\"" AWS_ENDPOINT_URL_SSO="$local/sso"
is "$(used)" "${box%% *}"
sed -i s/SECRETssotoken/SECRETother/ "$sso"
tide_info 7 "${ec2}profile = \"sso\"" AWS_ENDPOINT_URL_SSO="$local/sso"
says 'aws sso login --profile sso'
sso_until 2020-01-01T00:00:00Z
tide_info 7 "${ec2}profile = \"sso\"" AWS_ENDPOINT_URL_SSO="$local/sso"
says 'was good until 2020-01-01T00:00:00Z'

echo "# a process"
tide_info 0 "${ec2}profile = \"vault\""
is "$(used)" "${box%% *}"
[ -s "$work/cmdlines" ] || fail "the process saw no command line"

echo "# what is refused, with what to do"
tide_info 7 "${ec2}profile = \"loop\""
says "leads back to itself: loop -> loop"
tide_info 7 "${ec2}profile = \"mfa\""
says 'mfa_serial'
chmod 644 "$work/home/.aws/credentials"
tide_info 7 "${ec2}profile = \"base\""
says "chmod o-rwx '$work/home/.aws/credentials'"
chmod 600 "$work/home/.aws/credentials"
tide_info 3 "${ec2}access_key_env = \"MY_ID\""
says 'names only part of a key'
tide_info 3 ""
says 'is no region'

echo "# region and endpoint by the environment and the profile"
tide_info 0 'profile = "base"' AWS_REGION=us-west-2 AWS_ENDPOINT_URL_EC2="$endpoint"
is "$(gate log | tail -n 1 | sed -n 's/.*"region": "\([^"]*\)".*/\1/p')" us-west-2
printf '[default]\nregion = sa-east-1\nservices = s\n[services s]\nec2 =\n  endpoint_url = %s\n' "$endpoint" >"$work/config"
tide_info 0 "credentials_file = \"$work/moto/credentials\"\nconfig_file = \"$work/config\""
is "$(gate log | tail -n 1 | sed -n 's/.*"region": "\([^"]*\)".*/\1/p')" sa-east-1

echo "# no secret in what tide printed, kept or was started with"
found=$(grep -ralE -e "SECRET[a-z]" -e "${secret//+/\\+}" "$work"/out.* "$work"/err.* "$work/cmdlines" "$work/state" || true)
[ -z "$found" ] || fail "a secret is in $found"
grep -qE "SECRET[a-z]" "$work/home/.aws/sso/cache/"*.json "$work/jwt" || fail "the markers were not planted"
echo "credentials of the real tide: $checks checks passed"
