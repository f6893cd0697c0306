#!/bin/bash
# test_polite.sh BUILD_DIR: storms, rates and counts, with real processes against the fake, which counts.
. "$(dirname "$0")/lib.sh"
config_aws
rows() { # STATE_DIR TABLE [WORD]: rows of the store, with this word in them
  python3 -c 'import sqlite3, sys; print(sum(1 for (json,) in sqlite3.connect(sys.argv[1] + "/tide.db").execute("SELECT json FROM " + sys.argv[2]) if sys.argv[3] in json))' "$1" "$2" "${3:-}"
}

# A pass without changes: a page call per 1000 machines, nothing else.
gate "fill?n=1500&cluster=physics" >/dev/null
exits 0 tide -v scale-once # the machines are nobody's of ours: shown, not touched
says '^clouds: aws DescribeInstances 2$'
same "1500 machines are two calls, and there are no others" "DescribeInstances DescribeInstances" "$(gate log | xargs)"

# Five heads at once in a storm, with one account's rate of 3 at once and 2 a second.
gate "fail?n=100000&status=503&code=RequestLimitExceeded" >/dev/null
gate times >"$work/times-before"
begin=$(date +%s)
processes=()
for n in 1 2 3 4 5; do
  state=$work/state-$n cluster=storm$n
  TIDE_CONFIG=$work/storm$n.toml config_aws 'rates = ["read 3/2"]'
  (code=0; "$build/tide" -v -c "$work/storm$n.toml" scale-once >"$work/storm$n.out" 2>"$work/storm$n.err" </dev/null || code=$?; echo $code >"$work/storm$n.code") &
  processes+=($!)
done
wait "${processes[@]}"
check "the storm ends within the pass's deadline" test $(($(date +%s) - begin)) -lt 130
for n in 1 2 3 4 5; do same "storm $n: the cloud failed" 6 "$(cat "$work/storm$n.code")"; done
gate times | tail -n +$(($(wc -l <"$work/times-before") + 1)) >"$work/times"
same "three tries each and no more" 15 "$(wc -l <"$work/times")"
same "nothing but reading was tried" DescribeInstances "$(cut -d' ' -f2 "$work/times" | sort -u)"
# Between any two calls no more than the burst and what the rate gave; half a second for the network and a busy machine.
check "never faster than the rate, over five processes" python3 - "$work/times" <<'END'
import sys
at = [int(line.split()[0]) / 1000 for line in open(sys.argv[1])]
bad = [(i, j) for i in range(len(at)) for j in range(i, len(at)) if j - i + 1 > 3 + 2 * (at[j] - at[i] + 0.5) + 1]
sys.exit("%d calls in %.2f s" % (bad[0][1] - bad[0][0] + 1, at[bad[0][1]] - at[bad[0][0]]) if bad else 0)
END
for n in 1 2 3 4 5; do same "storm $n: nothing was concluded" 0 "$(rows "$work/state-$n" intents)"; done
gate reset >/dev/null

# A launch that has no turn before the deadline is not sent, and its intent closes as not made.
state=$work/state-unsent cluster=unsent
config_aws 'rates = ["machines 1/1"]'
sed -i 's/^max_nodes = .*/max_nodes = 200/' "$TIDE_CONFIG"
before=$(calls RunInstances)
exits 6 tide -v launch small -n 150 --yes --no-wait
says 'throttled by tide itself'
says 'rates says how much may be sent'
same "150 machines at one a second are not asked for" "$before" "$(calls RunInstances)"
check "their intents are closed" test "$(rows "$state" intents '"state":"open"')" = 0 -a "$(rows "$state" intents)" -gt 0
state=$work/state-sent cluster=sent # the other waits as long as its rate said
config_aws
exits 0 tide -v launch small -n 1 --yes
says '^clouds: aws .*RunInstances 1'
same "what may be sent is sent" $((before + 1)) "$(calls RunInstances)"

# The clock two hours off: found from the answer, told, corrected once.
gate "skew?s=7200" >/dev/null
before=$(calls DescribeInstances)
exits 0 tide -v scale-once
says "tide: cloud 'aws': this machine's clock is 7[12][0-9][0-9] s behind"
same "one call more, and no other" $((before + 2)) "$(calls DescribeInstances)"
gate reset >/dev/null
exits 0 tide scale-once
if grep -q clock "$work/last.err"; then fail "a good clock is complained of"; fi
exit $failed
