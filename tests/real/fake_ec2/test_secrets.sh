#!/bin/bash
# test_secrets.sh BUILD_DIR: planted keys are in nothing that tide prints, keeps or starts; user data with a secret is refused.
. "$(dirname "$0")/lib.sh"
config_aws
for command in scontrol squeue; do # the arguments and environment of tide, and what it starts
  { echo '#!/bin/sh'; echo "cat /proc/\$PPID/cmdline /proc/self/cmdline /proc/self/environ >>'$work/cmdlines'"; tail -n +2 "$root/tests/cli/bin/slurm"; } >"$work/bin/$command"
done
run() { # EXIT COMMAND...
  local want=$1
  shift
  exits "$want" tide "$@"
  cat "$work/last.out" "$work/last.err" >>"$work/said"
}
run 0 -vvv launch small -n 2 --yes
run 0 -vvv info
run 0 info --json
run 0 -vvv explain
run 0 explain --json
run 0 -vvv scale-once --dry-run --json
run 0 -vvv plan --out "$work/plan.json"
run 0 -vvv doctor
check "a plan file was written, for its owner alone" test "$(stat -c %a "$work/plan.json")" = 600
gate "fail?n=9&status=401&code=AuthFailure" >/dev/null
run 7 -vvv scale-once
gate reset >/dev/null
gate "fail?n=9&status=403&code=SignatureDoesNotMatch" >/dev/null
run 7 -vvv scale-once --json
gate reset >/dev/null
gate "fail?n=9&mode=html" >/dev/null
run 6 -vvv scale-once
gate reset >/dev/null
sed -i 's/aws_secret_access_key = /aws_secret_access_key = x/' "$work/credentials"
run 7 -vvv scale-once
run 0 events
run 0 events --json
check "-vvv tells each request" grep -Eq '^tide: request: POST 127\.[0-9.:]+ RunInstances: 200, request [0-9A-Za-z-]+, [0-9]+ ms$' "$work/said"
check "with what was refused" grep -Eq '^tide: request: POST .* DescribeInstances: 401, ' "$work/said"
check "and each command of the batch system" grep -Eq '^tide: command: .*squeue .*: exit 0, [0-9]+ ms$' "$work/said"
check "tide said and started something" test -s "$work/said" -a -s "$work/cmdlines"
no_secret_in "no planted secret in output, store, plan file or command lines" "$work/said" "$work/cmdlines" "$work/state" "$work/slurm-log" "$work/plan.json"
check "the store's folder is private" test "$(stat -c %a "$work/state/tide.db")" = 600
no_secret_in "nor in the buckets' file" "/dev/shm/tide-rates-$(id -u)"

blob=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=
refused() { # WHAT LINE
  printf '#!/bin/sh\n%s\n' "$2" >"$work/user-data.sh"
  exits 3 tide config check
  says "user data holds $1"
  before=$(calls RunInstances)
  exits 3 tide launch small -n 1 --yes
  same "nothing is launched with $1" "$before" "$(calls RunInstances)"
}
refused 'a private key' '-----BEGIN OPENSSH PRIVATE KEY-----'
refused 'a munge key' "echo $blob | base64 -d >/etc/munge/munge.key"
refused 'an AWS access key' 'aws configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE'
refused 'a password, secret or token' 'export OS_PASSWORD=hunter2'
exit $failed
