#!/bin/bash
# Each command and cloud that fails, hangs, prints half, nothing, HTML or another version's text: nothing is launched or
# ended on it, the exit code is 9, 6 or 3, and one line says which command and why. Promise 4.
. "$(dirname "$0")/lib.sh"
slurm_up
config_local
set_key idle_time '"1s"'
sed -i 's|^\[batch.env\]|[batch]\nbin_dir = "'"$work"'/bin"\ntimeout = "2s"\n\n[batch.env]|' "$TIDE_CONFIG"
mkdir "$work/bin"
for program in squeue scontrol sinfo; do
  real=$(command -v $program)
  cat >"$work/bin/$program" <<EOF
#!/bin/bash
how=\$(cat $work/how.$program 2>/dev/null)
# Only readings lie; changes are real.
case "\$*" in *update*|*create*|*delete*) how= ;; esac
case \$how in
fail) echo "slurm_load: Unable to contact slurm controller (connect failure)" >&2; exit 1 ;;
hang) exec sleep 60 ;;
half) $real "\$@" | head -c 90; exit 0 ;;
nothing) exit 0 ;;
html) echo '<html><body><h1>502 Bad Gateway</h1></body></html>'; exit 0 ;;
other) echo 'JOBID PARTITION NAME USER ST TIME NODES NODELIST(REASON)'; exit 0 ;;
esac
exec $real "\$@"
EOF
  chmod +x "$work/bin/$program"
done

# One idle node that would be held, and one job that would raise a second.
job=$(submit -n1 --mem=200 --wrap 'sleep 1')
set_key idle_time '"1h"'
check "one node is raised" until_true 60 job_is "$job" COMPLETED
check "and is idle" until_true 20 sh -c "[ \"\$('$build/tide' info --json | grep -c '\"phase\": \"idle\"')\" = 1 ]"
set_key idle_time '"1s"'
submit -n2 -N2 --mem=200 --wrap 'sleep 1' >/dev/null
before=$(scontrol -o show node | sed 's/ CPULoad=.*//')

for program in squeue scontrol; do
  for how in fail hang half nothing html other; do
    echo $how >"$work/how.$program"
    exits 9 tide scale-once
    check "$program $how: names the command" grep -q "$program" "$work/last.err"
    same "$program $how: nothing was done" "Nothing was done: the batch system's reading cannot be relied on." "$(cat "$work/last.out")"
    rm "$work/how.$program"
  done
done
same "all is as it was" "$before" "$(scontrol -o show node | sed 's/ CPULoad=.*//')"

# The caller's own filters change nothing that tide sees.
set_key idle_time '"1h"'
exits 0 env SQUEUE_USERS=nobody SINFO_PARTITION=nosuch SQUEUE_STATES=R "$build/tide" info --json
check "the waiting job is seen" grep -q '"count": 1' "$work/last.out"

# slurmctld restarted with its state lost under a running job: suspect.
scancel --user=root
job=$(submit -n1 --mem=200 --wrap 'sleep 300')
check "a job runs" until_true 60 job_is "$job" RUNNING
pass
exits 0 tide scale-once
machines_before=$(machines)
"$rig" stop-ctld "$work/slurm" >>"$work/rig.log" 2>&1
exits 9 tide scale-once
says 'scontrol|squeue'
rm -rf "$work"/slurm/spool/ctld/*
slurm_up
exits 9 tide scale-once
says 'suspect|missing'
passes 2 1
same "no machine was ended or launched" "$machines_before" "$(machines)"

# Another cluster's slurmctld answers.
"$rig" stop-ctld "$work/slurm" >>"$work/rig.log" 2>&1
rm -rf "$work"/slurm/spool/ctld/*
slurm_up SLURM_TEST_CLUSTER=othercluster
exits 3 tide scale-once
says 'othercluster'
same "no machine was ended or launched by it" "$machines_before" "$(machines)"
exit $failed
