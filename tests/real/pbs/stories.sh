# The stories that TORQUE and OpenPBS share; the test says how its jobs are asked for.
reasons_of() { tide explain "$1" 2>&1 || true; }
explains() { # JOB PATTERN
  reasons_of "$1" >"$work/explain.out"
  if grep -qE -- "$2" "$work/explain.out"; then echo "ok: explain $1 says '$2'"; else fail "explain $1 does not say '$2'"; sed 's/^/    /' "$work/explain.out"; fi
}
no_nodes() { ! run pbsnodes -a >/dev/null 2>&1; }

five_shapes() {
  exits 0 tide info --json
  check "no node, no job: an empty cluster is read" no_nodes
  exits 0 tide scale-once
  same "nothing is launched" "" "$(pools)"
  local jobs=()
  jobs=("$(one)" "$(two_nodes)" "$(large)" "$(gpu)" "$(featured)")
  exits 0 tide scale-once
  # One large machine takes the three that need one (6 + 1 + 1 CPUs); of small ones two for the pair, one for the single.
  same "exactly the right nodes rise" "large small small small" "$(pools)"
  for job in "${jobs[@]}"; do check "$job runs to its end" until_true 40 job_is "$job" C; done
  check "idle nodes are held, ended and removed" until_true 40 pools_are ""
  check "the last entry is gone" until_true 20 no_nodes
  real || check "no name is left" until_true 10 sh -c "! grep -q '$cluster-' '$server/hosts'"
}

no_demand() {
  local jobs=() job
  mapfile -t jobs < <(never)
  local queued other hold dep later
  other=$(other_queue)
  set_key timeout '"3s"\nqueues = ["'"$1"'"]'
  hold=$(held)
  dep=$(dependent "$hold")
  later=$(deferred)
  exits 0 tide scale-once
  same "none of them makes a node" "" "$(pools)"
  explains "${jobs[0]}" 'slots are wanted'
  explains "${jobs[1]}" 'MiB are wanted'
  explains "${jobs[2]}" "lacks the feature 'nosuch"
  explains "$other" "queue 'special' is not in"
  explains "$hold" 'held|Hold_Types'
  explains "$dep" 'waits for another|Dependency'
  explains "$later" 'start time|Execution_Time'
  for job in "${jobs[@]}" "$other" "$dep" "$hold" "$later"; do run qdel "$job"; done
  local array
  array=$(limited_array)
  exits 0 tide scale-once
  same "an array's limit cuts its demand" "small" "$(pools)"
  run qdel "$array"
  check "its node goes" until_true 40 pools_are ""
}

silence() {
  local job node pid before how
  job=$(long_one)
  check "a long job runs" until_true 40 job_is "$job" R
  passes 2
  before=$(pools)
  only_scripted
  # The server restarts: for a moment it has heard of no node.
  "$here/fake_pbs.py" restart "$server"
  pass
  pass
  same "a restarted server under a running job: no end" "$before" "$(pools)"
  sleep 1.5
  check "it runs on" job_is "$job" R
  passes 3
  same "and nothing was launched or ended" "$before" "$(pools)"
  # Its node falls silent.
  node=$(query "next(w['node'] for w in d['workers'] if w['ours'])")
  touch "$server/silent.$node"
  sleep 3.5
  passes 4
  same "a silent node with a job: no end" "$before" "$(pools)"
  check "the job is there" job_is "$job" R
  rm "$server/silent.$node"
  sleep 0.8
  # Readings that lie.
  for command in qstat pbsnodes; do
    for how in fail half nothing html hang; do
      echo $how >"$server/fault.$command"
      SECONDS=0
      exits 9 tide scale-once
      check "$command $how: within the time-out" test $SECONDS -le 8
      check "$command $how: names the command" grep -q "$command" "$work/last.err"
      same "$command $how: nothing was done" "Nothing was done: the batch system's reading cannot be relied on." "$(cat "$work/last.out")"
      rm "$server/fault.$command"
    done
  done
  touch "$server/down"
  exits 9 tide scale-once
  says 'pbs_server'
  rm "$server/down"
  same "all machines are there" "$before" "$(pools)"
  check "the job is there" job_is "$job" R
  check "no busy node was ended" sh -c "! grep -q requeued '$server/events'"
  run qdel "$job"
  check "without its job the node goes" until_true 40 pools_are ""
}

# The changes that every adapter owes, on the scripted server: a node's name has to resolve first.
conformance() {
  real && return 0
  echo "127.98.250.1 live1" >>"$server/hosts"
  check "the suite of every batch adapter" "$root/tests/conformance/batch_live.sh" live1 127.98.250.1 "$build/batch-tool" "$dialect" --bin-dir "$bin"
  : >"$server/hosts"
}

placeholders() {
  real && return 0
  exits 0 tide placeholders --yes
  exits 0 tide placeholders --yes
  same "one placeholder a pool, each at an address of its own" "127.254.0.1 127.254.0.2" "$(sed -n 's/^\(127.254[^ ]*\) .*-placeholder$/\1/p' "$server/hosts" | sort | xargs)"
  pass
  same "they are not counted, nor is their name taken out" "2" "$(grep -c -- '-placeholder$' "$server/hosts")"
  same "and no machine comes of them" "" "$(pools)"
  local pool
  for pool in small large; do run qmgr -c "delete node $cluster-$pool-placeholder"; done
  : >"$server/hosts"
}

stories() {
  conformance
  placeholders
  five_shapes
  no_demand "$([ "$dialect" = torque ] && echo batch || echo workq)"
  silence
}
