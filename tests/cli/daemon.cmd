# exit 0: passes on a timer; woken, a bad and a good configuration, stopped: each is said, and machines stay
slurm waiting
"$tide_binary" daemon --every 1h >"$WORK/out" 2>"$WORK/err" &
daemon=$!
seen() { for _ in $(seq 200); do grep -qsE "$1" "$WORK/out" "$WORK/err" && return; sleep 0.1; done; echo "never: $1"; }
seen '^launch'
slurm_fails "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
kill -USR1 $daemon
seen 'Unable to contact'
cp tide.toml good.toml
echo 'nonsense = 1' >>tide.toml
kill -HUP $daemon
seen 'old one is kept'
cp good.toml tide.toml
kill -HUP $daemon
seen 'read anew$'
sleep 1 # the pass after it, which has no news
kill -TERM $daemon
wait $daemon
echo "daemon: exit $?"
cat "$WORK/out"
cat "$WORK/err" >&2
tide daemon --every soon
echo "soon: exit $?"
tide __complete -- terminate '' | wc -l
