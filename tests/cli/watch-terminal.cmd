# exit 0: watch in a real terminal: 80x24, moving, filter, sorting, marks, other sizes, an outage, help, keys and quit
# while the batch system does not answer
nodes() { # STATE: sixty nodes, the first of them in this state
  local form=$source_dir/tests/fixtures/slurm/22.05/mixed-nodes.txt
  {
    sed -n 1p "$form"
    grep '^NodeName=w5 ' "$form" | awk -v state="$1" '{
      for (i = 1; i <= 60; i++) { line = $0; gsub("w5", sprintf("n%03d", i), line); if (i == 1) sub("State=IDLE", "State=" state, line); print line } }'
    tail -n 3 "$form"
  } >"$WORK/nodes.new"
  mv "$WORK/nodes.new" "$WORK/fixtures/zero-nodes.txt"
}
rm "$WORK/fixtures"
mkdir "$WORK/fixtures"
cp "$source_dir/tests/fixtures/slurm/22.05/"*.txt "$WORK/fixtures"
nodes IDLE
terminal() { tmux -L "$CLUSTER" "$@"; }
screen() { terminal capture-pane -p -t watch; }
shows() { # PATTERN: within half a minute, for the machine may be busy
  for _ in $(seq 150); do
    if screen | grep -Eq -- "$1"; then echo "shows $1" && return; fi
    sleep 0.2
  done
  echo "DOES NOT SHOW $1" && screen
}
keys() { terminal send-keys -t watch "$@"; }
terminal -f /dev/null new-session -d -s watch -x 80 -y 24 "'$tide_binary' watch -n 1 2>'$WORK/said'; echo \$? >'$WORK/code'"
shows '^tide .*/4 machines'
shows '1-17 of 60.*q quit'
screen | wc -l
keys End
shows '^  n060 .*foreign'
keys Home
keys PageDown
shows '^  n018 '
keys /n04
shows '1-10 of 10 \(60 in all\)'
keys Enter Escape
shows ' of 60'
keys s r
shows '^  NODE-'
keys Home
shows '^  n060 '
keys r Home
nodes MIXED
shows '^\* n001 '
terminal resize-window -t watch -x 120 -y 40
shows '1-33 of 60'
screen | sed -n 40p | grep -c 'q quit'
terminal resize-window -t watch -x 30 -y 10
shows '^  n001 +foreign'
screen | awk 'length($0) > 30 { bad = 1 } END { print bad ? "TOO WIDE" : "narrow" }'
terminal resize-window -t watch -x 80 -y 24
echo "Unable to contact slurm controller" >"$WORK/slurm-fails"
shows 'batch FAILED'
rm "$WORK/slurm-fails"
shows 'batch ok'
keys '?'
shows 'filter: rows with this text'
keys x 2
shows '\[2 jobs\]'
touch "$WORK/slurm-hangs"
shows 'reading for [0-9]+ s'
keys 3
shows '\[3 pools\]'
keys q
for _ in $(seq 100); do [ -s "$WORK/code" ] && break || sleep 0.1; done
rm "$WORK/slurm-hangs"
echo "exit $(cat "$WORK/code")"
cat "$WORK/said"
