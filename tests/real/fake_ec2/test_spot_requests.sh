#!/bin/bash
# test_spot_requests.sh BUILD_DIR: launches by spot requests that fail at each point of their way, then passes: one request, one
# machine, with its tags; requests that wait, are called off, and servers that take no tags.
. "$(dirname "$0")/lib.sh"
aws=/usr/bin/aws
[ -x $aws ] || { echo "SKIPPED: awscli is not installed"; exit 77; }
ec2() {
  AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token \
    $aws --endpoint-url "$endpoint" --region eu-central-1 --output text ec2 "$@"
}
config_spot() {
  config_aws
  printf '#!/bin/sh\necho @TIDE_NODE@\n' >"$work/user-data.sh"
  printf 'market = "spot"\nspot = "request"\nmax_price = 0.05\n' >>"$TIDE_CONFIG"
}
tagged() { ec2 describe-instances --filters "Name=tag:tide:cluster,Values=$1" Name=instance-state-name,Values=pending,running \
  --query 'length(Reservations[].Instances[].Tags[?Key==`tide:request`][])'; }
requests() { ec2 describe-spot-instance-requests --filters "Name=tag:tide:cluster,Values=$1" --query "length(SpotInstanceRequests[?State=='${2:-open}'])"; }
state_of() { tide info --json 2>>"$work/info.err" | /usr/bin/python3 -c 'import json, sys
print(" ".join("%s %s" % (w["instance"][:2], w["phase"]) for w in json.load(sys.stdin)["workers"]))'; }

# The plain way: it waits under its own ID, then it is a machine, tagged, and the request is nobody's any more.
cluster=plain state=$work/state-plain
config_spot
gate 'wait?n=2' >/dev/null
tide launch small -n 1 --yes >"$work/plain.out" 2>&1 </dev/null || fail "launch: $(cat "$work/plain.out")"
same "a request waits" "si pending" "$(state_of)"
same "nothing runs yet" 0 "$(live)"
gate 'wait?n=0' >/dev/null
for _ in 1 2 3; do tide -v scale-once >>"$work/plain.out" 2>&1 </dev/null || true; done
same "its machine runs" 1 "$(live)"
same "it is shown as such" "i- booting" "$(state_of)"
same "it bears tide's tags" 1 "$(tagged plain)"
same "and its request bears the cluster's no more" 0 "$(requests plain active)"
check "tagging is told once" test "$(tide events --json | grep -c '"kind": "tag"')" = 1
before=$(calls CreateTags)
tide scale-once >>"$work/plain.out" 2>&1 </dev/null || true
same "a pass without changes tags nothing" "$before" "$(calls CreateTags)"

launched_once() { # NAME EXIT GATE-ORDER: the order holds for all tries of the first command
  local code=0
  state=$work/state-$1 cluster=c$1
  config_spot
  gate "$3" >/dev/null
  before=$(live)
  tide -v launch small -n 1 --yes >"$work/$1.out" 2>"$work/$1.err" </dev/null || code=$?
  same "$1: exit code" "$2" "$code"
  gate reset >/dev/null
  printf '#!/bin/sh\necho edited @TIDE_NODE@\n' >"$work/user-data.sh"
  for _ in 1 2 3; do tide -v scale-once >>"$work/$1.out" 2>>"$work/$1.err" </dev/null || true; done
  same "$1: one machine" $((before + 1)) "$(live)"
  same "$1: with its tags" 1 "$(tagged "c$1")"
  if grep -q IdempotentParameterMismatch "$work/$1.out" "$work/$1.err"; then fail "$1: other words with the same token"; fi
}
launched_once before 6 "fail?n=9&mode=drop&action=RequestSpotInstances"
launched_once lost 6 "fail?n=9&mode=drop&after=1&action=RequestSpotInstances"
launched_once error 6 "fail?n=9&status=500&code=InternalError&after=1&action=RequestSpotInstances"
launched_once cut 6 "fail?n=9&mode=truncate&after=1&action=RequestSpotInstances"

# kill -9 at every step of the command, then passes.
for step in $(seq 1 40); do
  state=$work/state-k$step cluster=ck$step code=0 before=$(live)
  config_spot
  { "$build/tide-crash" "$step" launch small -n 1 --yes >>"$work/kill.out" 2>&1 </dev/null || code=$?; } 2>/dev/null
  for _ in 1 2 3; do tide -v scale-once >>"$work/kill.out" 2>&1 </dev/null || true; done
  now=$(($(live) - before))
  [ $now -le 1 ] || fail "killed at step $step: $now machines"
  [ "$(tagged "ck$step")" = $now ] || fail "killed at step $step: a machine without tags"
  [ $code = 137 ] || break
done
check "every step of the command was tried ($step), the last one went through" test "$code" = 0 -a "$now" = 1

# kill -9 at every step of the pass that tags the machine.
for step in $(seq 1 40); do
  state=$work/state-t$step cluster=ct$step code=0 before=$(live)
  config_spot
  gate 'wait?n=0' >/dev/null
  tide launch small -n 1 --yes >>"$work/kill.out" 2>&1 </dev/null || true
  { "$build/tide-crash" "$step" scale-once >>"$work/kill.out" 2>&1 </dev/null || code=$?; } 2>/dev/null
  for _ in 1 2 3; do tide -v scale-once >>"$work/kill.out" 2>&1 </dev/null || true; done
  same "tagging, killed at step $step: one machine" $((before + 1)) "$(live)"
  [ "$(tagged "ct$step")" = 1 ] || fail "tagging, killed at step $step: a machine without tags"
  [ $code = 137 ] || break
done

# A server that takes no tags with the request; the tagging is lost too.
gate untagged >/dev/null
launched_once untagged 6 "fail?n=9&mode=drop&action=CreateTags"

# What waits for its price is called off, and rests; so is what a person ends while it waits.
cluster=dear state=$work/state-dear before=$(live)
config_spot
gate 'refuse?what=c5.large&code=price-too-low' >/dev/null
tide launch small -n 1 --yes >"$work/dear.out" 2>&1 </dev/null || true
for _ in 1 2; do tide -v scale-once >>"$work/dear.out" 2>&1 </dev/null || true; done
same "a price that is too low: nothing waits any more" 0 "$(requests dear)"
same "nothing runs" "$before" "$(live)"
check "it is told in the server's words" grep -q 'price-too-low' "$work/dear.out"
check "and is no boot failure" sh -c "! '$build/tide' explain small 2>/dev/null | grep -q 'boot failures'"
gate 'refuse?what=c5.large&code=' >/dev/null
gate 'wait?n=9' >/dev/null
tide reset small >>"$work/dear.out" 2>&1 || true
tide launch small -n 1 --yes >>"$work/dear.out" 2>&1 </dev/null || true
sir=$(tide info --json 2>/dev/null | /usr/bin/python3 -c 'import json, sys
print(next(w["instance"] for w in json.load(sys.stdin)["workers"] if w["phase"] == "pending"))')
tide terminate "$sir" --yes --no-wait >>"$work/dear.out" 2>&1 </dev/null || true
same "a person ends it while it waits" 0 "$(requests dear)"
same "and nothing came of it" "$before" "$(live)"
no_secret_in "no secret in what tide printed or kept" "$work"/*.out "$work"/*.err "$work"/state*
exit $failed
