#!/bin/bash
# test_killed.sh BUILD_DIR: kill -9 at every step of a launch and of an end on a cloud without launch tokens, whatever became of
# the POST: two passes later one server, and in the end none; nothing of the password or the tokens anywhere.
. "$(dirname "$0")/../begin.sh"
for name in $(compgen -e | grep -i '_proxy$'); do unset "$name"; done
export HOME=$work/home USER=tester LC_ALL=C.UTF-8
mkdir -p "$work/home"
serve "$build/fake-nova" 0
base=http://$server
(umask 077 && cat >"$work/clouds.yaml") <<END
clouds:
  here:
    auth: {auth_url: '$base/identity/v3', username: scaler, password: scaler-secret, project_name: hpc}
    region_name: RegionOne
END
gate() { curl -fsS --noproxy '*' "$base/__gate/$1"; }
posts() { gate log | grep -cx 'POST /servers' || true; }
live() { gate live | grep -c "^$cluster-" || true; }

config() { # NAME: a cluster of its own, with nothing remembered
  cluster=$1 state=$work/state-$1
  config_story "$cluster" 4 "$state" <<END
[clouds.os]
kind = "nova"
cloud = "here"
clouds_file = "$work/clouds.yaml"
[pools.small]
cloud = "os"
image = "debian-12"
types = ["m1.small"]
slots = 2
memory = "1GiB"
price = 0.09
names = "{cluster}-{pool}-{n:02}"
END
}
crash() { # STEP ARGUMENTS...: sets $code
  code=0
  { "$build/tide-crash" "$@" >>"$work/kill.out" 2>&1 </dev/null || code=$?; } 2>/dev/null
}
pass() { tide -v scale-once >>"$work/kill.out" 2>&1 </dev/null || true; }

kills=0
for mode in '' 'mode=late' 'mode=drop&after=1' 'mode=truncate'; do
  for step in $(seq 40); do
    config "l${mode//[^a-z0-9]/}$step"
    [ -z "$mode" ] || gate "fail?n=1&call=POST%20/servers&$mode" >/dev/null
    before=$(posts)
    crash "$step" launch small -n 1 --yes
    [ "$(posts)" != "$before" ] || pass # killed before it was sent: this pass sends it
    pass
    pass
    now=$(live)
    [ "$now" -le 1 ] || fail "POST '$mode', killed at step $step: $now servers"
    gate reset >/dev/null
    [ $code = 137 ] || break
    kills=$((kills + 1))
  done
  check "POST '$mode': every step of the launch was tried ($step), the last one went through and left one server" test "$code" != 137 -a "$now" = 1
done

config e
exits 0 tide launch small -n 2 --yes
pass
mapfile -t ids < <(tide info --json | python3 -c "import json, sys; [print(w['instance']) for w in json.load(sys.stdin)['workers'] if w['instance']]")
same "two servers run" 2 "${#ids[@]}"
for step in $(seq 60); do
  crash "$step" terminate "${ids[0]}" --yes --timeout 1m
  [ "$(live)" -ge 1 ] || fail "killed at step $step of the end of one: both are gone"
  [ $code = 137 ] || break
  kills=$((kills + 1))
done
# One that was killed right after its end finds no such machine when it is run again: 2.
check "every step of the end was tried ($step), the last one was not killed" test "$code" = 0 -o "$code" = 2
for _ in 1 2 3; do pass; done
same "the one that was meant is gone" 1 "$(live)"
echo "$kills kills"
if grep -rlaF -e scaler-secret -e 'secret-token' "$work"/*.out "$work"/state-*/tide.db* >"$work/leaks" 2>/dev/null; then
  fail "a secret is in: $(tr '\n' ' ' <"$work/leaks")"
fi
exit $failed
