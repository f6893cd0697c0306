#!/bin/bash
# test_idempotent.sh BUILD_DIR: a launch that fails at each point of its way, the user data edited meanwhile, then passes: one
# machine, no mismatch, no secret anywhere.
. "$(dirname "$0")/lib.sh"
config_aws

launched_once() { # NAME GATE-ORDER: the order holds for all tries of the first command
  local code=0
  state=$work/state-$1 cluster=c$1
  config_aws
  gate "$2" >/dev/null
  before=$(live)
  printf '#!/bin/sh\necho %s\n' "$1" >"$work/user-data.sh"
  tide -v launch small -n 1 --yes >"$work/$1.out" 2>"$work/$1.err" </dev/null || code=$?
  same "$1: the command says that the cloud failed" 6 "$code"
  gate reset >/dev/null
  printf '#!/bin/sh\necho edited\n' >"$work/user-data.sh"
  for _ in 1 2 3; do tide -v scale-once >>"$work/$1.out" 2>>"$work/$1.err" </dev/null || true; done
  same "$1: one machine" $((before + 1)) "$(live)"
  if grep -q IdempotentParameterMismatch "$work/$1.out" "$work/$1.err"; then fail "$1: other words with the same token"; fi
}

launched_once before "fail?n=9&mode=drop&action=RunInstances"
launched_once lost "fail?n=9&mode=drop&after=1&action=RunInstances"
launched_once error "fail?n=9&status=500&code=InternalError&after=1&action=RunInstances"
launched_once cut "fail?n=9&mode=truncate&after=1&action=RunInstances"
launched_once proxy "fail?n=9&mode=html&action=RunInstances"
launched_once portal "fail?n=9&mode=page&action=RunInstances"

# kill -9 at every step of the command, user data edited, then passes.
for step in $(seq 1 40); do
  state=$work/state-k$step cluster=ck$step code=0 before=$(live)
  config_aws
  echo "# $step" >>"$work/user-data.sh"
  { "$build/tide-crash" "$step" launch small -n 1 --yes >>"$work/kill.out" 2>&1 </dev/null || code=$?; } 2>/dev/null
  echo '# edited' >>"$work/user-data.sh"
  for _ in 1 2; do tide -v scale-once >>"$work/kill.out" 2>&1 </dev/null || true; done
  now=$(($(live) - before))
  [ $now -le 1 ] || fail "killed at step $step: $now machines"
  [ $code = 137 ] || break
done
check "every step of the command was tried ($step), the last one went through" test "$code" = 0 -a "$now" = 1
if grep -q IdempotentParameterMismatch "$work/kill.out"; then fail "killed: other words with the same token"; fi

no_secret_in "no secret in what tide printed or kept" "$work"/*.out "$work"/*.err "$work"/state*
exit $failed
