#!/bin/bash
# agent.sh SOURCE: examples/agent/spot-notice against a scripted metadata service on loopback: it holds its node once there is a
# notice, with the note that tide reads, by each batch system's own command; not before, and not over a person's hold.
set -u
agent=$1/examples/agent/spot-notice
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server='' failed=0
end() {
  [ -z "$server" ] || kill "$server" 2>/dev/null
  rm -rf "$work"
}
trap end EXIT
fail() { echo "FAILED: $*"; failed=1; }

mkdir -p "$work/bin" "$work/answers"
python3 "$here/metadata.py" "$work" &
server=$!
for _ in $(seq 100); do [ -e "$work/port" ] && break; sleep 0.1; done
METADATA=http://127.0.0.1:$(cat "$work/port")
export METADATA EVERY=0.1 PATH=$work/bin:$PATH WORK=$work

# The batch systems' commands: what they were told, one line a call; `show` and a bare node print what the case planted.
for program in scontrol pbsnodes condor_drain qmod qconf qhost; do
  cat >"$work/bin/$program" <<'SCRIPT'
#!/bin/sh
case "$*" in *"show node"* | n1 | "-v n1" | "-q -F"*) cat "$WORK/shown" 2>/dev/null; exit 0 ;; esac
[ ! -e "$WORK/refuses" ] || { rm "$WORK/refuses"; exit 1; }
{ printf '%s' "${0##*/}"; printf ' [%s]' "$@"; echo; } >>"$WORK/told"
SCRIPT
  chmod +x "$work/bin/$program"
done

give() { mkdir -p "$(dirname "$work/answers/$1")" && printf '%s' "$2" >"$work/answers/$1.new" && mv "$work/answers/$1.new" "$work/answers/$1"; }
clear() { rm -rf "$work/answers" "$work/told" "$work/shown" "$work/broken" "$work/refuse-tokens" "$work/refuses"; }
run() { timeout 10 "$agent" "$@" 2>"$work/err"; }
told() { # TEXT WANTED
  [ "$(cat "$work/told" 2>/dev/null)" = "$2" ] || { fail "$1: wanted '$2'"; cat "$work/told" "$work/err" 2>/dev/null; }
}
notice='{"action": "terminate", "time": "2026-11-25T17:18:00Z"}'
note='tide: interrupted 2026-11-25T17:18:00Z'

while IFS='|' read -r batch wanted; do
  clear
  give spot/instance-action "$notice"
  run "$batch" n1 || fail "$batch: exits $?"
  told "$batch" "$wanted"
done <<CASES
slurm|scontrol [update] [nodename=n1] [state=drain] [reason=$note]
torque|pbsnodes [-o] [-N] [$note] [n1]
openpbs|pbsnodes [-o] [-C] [$note] [n1]
htcondor|condor_drain [-graceful] [-reason] [$note] [n1]
CASES

# Grid Engine has no note with a hold: the mark is a resource of the host.
clear
give spot/instance-action "$notice"
echo "   all.q                BIP   0/0/4         " >"$work/shown"
run gridengine n1 || fail "gridengine: exits $?"
told gridengine "qmod [-d] [*@n1]
qconf [-mattr] [exechost] [complex_values] [tide_note=tide:_interrupted_2026-11-25T17:18:00Z] [n1]"
clear
give spot/instance-action "$notice"
echo "   all.q                BIP   0/0/4         d" >"$work/shown"
run gridengine n1
told "a person's hold in Grid Engine" ""

# Nothing before the notice; then at once. A service that fails, and a token that it no longer takes, are asked again.
clear
run slurm n1 &
runner=$!
sleep 0.5
told "no notice" ""
touch "$work/broken"
sleep 0.4
rm "$work/broken"
touch "$work/refuse-tokens"
sleep 0.4
told "a service that fails gives no notice" ""
give spot/instance-action "$notice"
wait $runner || fail "exits $? after a late notice"
told "a late notice" "scontrol [update] [nodename=n1] [state=drain] [reason=$note]"

# The recommendation comes minutes earlier; it counts unless the site says no.
clear
give events/recommendations/rebalance '{"noticeTime": "2026-11-25T17:10:00Z"}'
run slurm n1
told "a recommendation" "scontrol [update] [nodename=n1] [state=drain] [reason=tide: interrupted 2026-11-25T17:10:00Z]"
rm "$work/told"
REBALANCE=no timeout 1 "$agent" slurm n1 2>/dev/null && fail "a recommendation counts though REBALANCE=no"
told "REBALANCE=no" ""

# A person's hold stays; tide's own is replaced; a refused command is tried again.
clear
give spot/instance-action "$notice"
echo 'NodeName=n1 State=IDLE+DRAIN Comment=x Reason=disk is bad [ann@2026-11-25T17:00:00]' >"$work/shown"
run slurm n1 || fail "exits $? on a person's hold"
told "a person's hold" ""
printf 'n1\n     state = down,offline\n     np = 4\n     note = disk is bad\n' >"$work/shown"
run torque n1
told "a person's hold in TORQUE" ""
printf 'n1\n     state = free\n     np = 4\n     note = rack 7\n' >"$work/shown"
run torque n1
told "a note that holds nothing" "pbsnodes [-o] [-N] [$note] [n1]"
rm "$work/told"
echo 'NodeName=n1 State=IDLE+DRAIN Reason=tide: end idle [root@2026-11-25T17:00:00]' >"$work/shown"
touch "$work/refuses"
run slurm n1
told "tide's own hold, after a refusal" "scontrol [update] [nodename=n1] [state=drain] [reason=$note]"

# A time that is none cannot put words into a command.
clear
give spot/instance-action '{"action": "terminate", "time": "x; touch $WORK/hacked"}'
run slurm n1
grep -qE 'reason=tide: interrupted [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z\]$' "$work/told" || { fail "a bad time"; cat "$work/told"; }
[ ! -e "$work/hacked" ] || fail "a bad time was run"
run nosuch n1 && fail "an unknown batch system is taken"
exit $failed
