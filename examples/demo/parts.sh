# shellcheck shell=bash disable=SC2034,SC2154
# The parts of run.sh, which sources this.

say() { printf '%4ds  %s\n' $((SECONDS - ${begin:-$SECONDS})) "$*"; }
complain() { echo "demo: FAILED: $*" >&2; wrong=1; }
wrong=0 failed_at=

install_slurm() {
  command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null && return
  echo "demo: installing Debian's slurm-wlm and munge: the demo's batch system"
  "$rig" install
}

# Does this machine's PID 1 reap orphans? `sleep infinity` in a container does not; then bash in a PID namespace will.
reaping_pid1() {
  local orphan tries
  [ $$ != 1 ] || return 0
  orphan=$(sh -c 'sleep 0.1 >/dev/null & echo $!')
  for tries in $(seq 60); do
    [ -d "/proc/$orphan" ] || return 0
    sleep 0.1
  done
  echo "demo: PID 1 of this machine does not reap: running in a PID namespace"
  return 1
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# slurmctld's port; the next one is the nodes'.
free_port() {
  local port
  for port in $(seq $((20000 + $$ % 5000 * 2)) 2 32000); do
    if port_is_free "$port" && port_is_free $((port + 1)); then echo "$port"; return; fi
  done
  return 1
}

zombies() { # PIDs of dead children that nobody reaped, of the kinds that this demo starts
  local stat
  for stat in /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    if [[ $line =~ ^([0-9]+)\ \((tide.*|slurm.*|bash|sleep|sh)\)\ Z\  ]]; then echo "${BASH_REMATCH[1]}"; fi
  done | sort
}

node_processes() { # PIDs of all that carries this demo's nodes' environment
  grep -lzxF "NODE_DIR=$work/node" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
}

remember_machine() {
  cp /etc/hosts "$work/hosts.before"
  hostname >"$work/hostname.before"
  zombies >"$work/zombies.before"
}

submit() { # COUNT sbatch-options...: COUNT is of its array tasks
  local count=$1 id index
  shift
  id=$(sbatch --parsable -o "$work/out.%A.%a" "${@:1:$#-1}" --wrap "${@: -1}")
  if [ "$count" = 1 ]; then echo "$id"; else for index in $(seq 0 $((count - 1))); do echo "${id}_$index"; done; fi
}

submit_jobs() {
  (
    cd "$work" || exit
    submit 1 -J tiny --mem=500 'sleep 4'
    submit 1 -J tiny --mem=500 'sleep 4'
    submit 1 -J tiny --mem=500 'sleep 6'
    submit 1 -J pair -c 2 --mem=1500 'sleep 5'
    submit 1 -J pair -c 2 --mem=1500 'sleep 5'
    submit 1 -J four -n 4 --mem=6000 'sleep 6'
    submit 1 -J four -n 4 --mem=6000 'sleep 4'
    submit 1 -J fat -c 8 --mem=24000 'sleep 6'
    submit 4 -J array --array=0-3%2 --mem=400 'sleep 3'
    submit 1 -J two-nodes -N 2 --ntasks-per-node=3 --mem=2000 'echo "$SLURM_JOB_NODELIST"; sleep 6'
    submit 1 -J last -d singleton --mem=500 'sleep 2'
  ) >"$work/servable"
  (cd "$work" && submit 1 -J too-big -c 64 --mem=256000 'true') >"$work/unservable"
}

# "ID STATE NODES START END" of every job and array task.
job_facts() {
  scontrol -o show job 2>/dev/null | awk '
    { delete f
      for (i = 1; i <= NF; i++) { at = index($i, "="); if (at) { k = substr($i, 1, at - 1); if (!(k in f)) f[k] = substr($i, at + 1) } }
      if (!("JobId" in f)) next
      id = ("ArrayTaskId" in f) ? f["ArrayJobId"] "_" f["ArrayTaskId"] : f["JobId"]
      print id, f["JobState"], (f["NodeList"] == "" ? "-" : f["NodeList"]), f["StartTime"], f["EndTime"] }'
}

done_count() { job_facts | awk '$2 == "COMPLETED" { print $1 }' | grep -cxFf "$work/servable" || true; }

finished() {
  [ "$(done_count)" = "$(wc -l <"$work/servable")" ] && [ -z "$(sinfo -hN -o %N)" ] && [ -z "$(node_processes)" ]
}

# Of CSV with quoted fields: the actions that were done, a line each, without those that only keep the books.
actions_of() {
  awk '
    function fields(line,   n, i, c, quoted, text) {
      n = 1; text = ""; quoted = 0
      for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (quoted && c == "\"" && substr(line, i + 1, 1) == "\"") { text = text c; i++ }
        else if (c == "\"") quoted = !quoted
        else if (c == "," && !quoted) { field[n++] = text; text = "" }
        else text = text c
      }
      field[n] = text
    }
    { sub(/\r$/, ""); fields($0) }
    NR == 1 { for (i in field) column[field[i]] = i; next }
    field[column["action"]] ~ /^(address|forget|close-intent)$/ { next }
    { failed = field[column["error"]]
      printf "%s: %s\n", (failed == "" ? field[column["what"]] : "FAILED to " field[column["what"]]), (failed == "" ? field[column["why"]] : failed) }'
}

run_pass() {
  local code=0 states
  "$tide" -o csv scale-once >"$work/pass.csv" 2>"$work/pass.err" </dev/null || code=$?
  { echo "== pass $pass, exit $code"; cat "$work/pass.csv" "$work/pass.err"; } >>"$work/passes.log"
  while IFS= read -r line; do say "$line"; done < <(actions_of <"$work/pass.csv")
  # What tide tells people: once, until it tells something else.
  if [ -s "$work/pass.err" ] && ! cmp -s "$work/pass.err" "$work/told.err"; then sed 's/^/       /' "$work/pass.err"; fi
  cp "$work/pass.err" "$work/told.err"
  [ "$code" = 0 ] || say "exit $code"
  states=$(job_facts | awk '{ n[$2]++ } END { printf "%d waiting, %d running, %d completed", n["PENDING"], n["RUNNING"] + n["CONFIGURING"] + n["COMPLETING"], n["COMPLETED"] }')
  if [ "$states" != "${told_states:-}" ]; then say "jobs: $states"; fi
  told_states=$states
}

# Seconds in which a node ran at least one job.
seconds_used() {
  job_facts | while read -r id state nodes start end; do
    [ "$state" = COMPLETED ] || continue
    for node in $(scontrol show hostnames "$nodes"); do echo "$node $(date -d "$start" +%s) $(date -d "$end" +%s)"; done
  done | awk '{ for (t = $2; t < $3; t++) if (!(($1, t) in seen)) { seen[$1, t] = 1; n++ } } END { print n + 0 }'
}

# A machine's claim is written when it starts, its log last when it ends.
seconds_paid() {
  local claim total=0
  for claim in "$work"/state/local/*.claim; do
    [ -s "$claim" ] || continue
    total=$((total + $(stat -c %Y "${claim%.claim}.log") - $(stat -c %Y "$claim")))
  done
  echo "$total"
}

print_table() {
  local want have
  want=$(wc -l <"$work/servable")
  have=$(done_count)
  printf '%-46s %s\n' "jobs and array tasks completed" "$have of $want" \
    "jobs that no pool can serve, still waiting" "$(job_facts | awk '$2 == "PENDING" { print $1 }' | grep -cxFf "$work/unservable" || true)" \
    "nodes raised" "$(find "$work/state/local" -name '*.claim' -size +0 | wc -l)" \
    "node-seconds paid" "$(seconds_paid)" \
    "node-seconds used (at least one job)" "$(seconds_used)" \
    "seconds in all" "$((SECONDS - begin))"
  [ "$have" = "$want" ] || complain "$((want - have)) jobs that a pool can serve did not complete: $(job_facts | awk '$2 != "COMPLETED" { print $1 " " $2 }' | paste -sd,)"
}

check_left_behind() {
  local left tries
  left=$(sinfo -hN -o %N | sort -u | paste -sd' ')
  [ -z "$left" ] || complain "nodes left in Slurm: $left"
  left=$(node_processes | paste -sd' ')
  [ -z "$left" ] || complain "processes left: $left"
  # Some inits look after their orphans every few seconds only.
  for tries in $(seq 100); do
    left=$(zombies | comm -13 "$work/zombies.before" - | paste -sd' ')
    [ -n "$left" ] || break
    sleep 0.1
  done
  [ -z "$left" ] || complain "zombies left: $left"
  left=$(grep -E "$work|tide-node" /proc/self/mounts || true)
  [ -z "$left" ] || complain "mounts left: $left"
  cmp -s /etc/hosts "$work/hosts.before" || complain "/etc/hosts is not as it was: $(diff "$work/hosts.before" /etc/hosts | grep '^[<>]' | head -3 | paste -sd' ')"
  [ "$(hostname)" = "$(cat "$work/hostname.before")" ] || complain "the host name is now $(hostname)"
  [ $wrong != 0 ] || echo "No node, process, zombie, mount or hosts line is left."
}

# Ends what is left by PID: the nodes (their inits pass it on), then Slurm.
clean_up() {
  local code=$1 pid tries
  trap - EXIT ERR
  set +e
  [ -z "$failed_at" ] || [ "$code" = 0 ] || complain "line $failed_at of run.sh failed with $code"
  for pid in $(node_processes); do
    pid=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status" 2>/dev/null)
    [ "$(cat "/proc/${pid:-0}/comm" 2>/dev/null)" = tide-local ] && kill -TERM "$pid"
  done
  for tries in $(seq 150); do [ -n "$(node_processes)" ] || break; sleep 0.1; done
  for pid in $(node_processes); do kill -KILL "$pid"; done
  if [ -d "$work/slurm" ]; then "$rig" down "$work/slurm" >>"$work/rig.log" 2>&1 || complain "Slurm did not stop: see $work/rig.log"; fi
  [ $wrong = 0 ] || code=1
  if [ "$code" = 0 ]; then rm -rf "$work"; else echo "demo: see $work (passes.log, slurm/log, state/local)" >&2; fi
  exit "$code"
}
