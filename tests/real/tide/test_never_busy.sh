#!/bin/bash
# Never a busy node, on a real Slurm: promise 1.
. "$(dirname "$0")/lib.sh"
slurm_up
config_local

job=$(submit -n1 --mem=200 --wrap 'sleep 10')
check "a job raises a node" until_true 60 job_is "$job" RUNNING
node=$(node_of "$job")
check "it completes" until_true 30 job_is "$job" COMPLETED

# A job that starts between the reading that found the node idle and its hold keeps the node. The hold is delayed by
# a scontrol that first lets a job start.
mkdir "$work/bin"
for program in squeue sinfo; do ln -s "$(command -v $program)" "$work/bin/$program"; done
cat >"$work/bin/scontrol" <<EOF
#!/bin/bash
if [[ "\$*" == *[Dd][Rr][Aa][Ii][Nn]* && ! -e $work/raced ]]; then
  touch $work/raced
  SLURM_CONF=$work/slurm/etc/slurm.conf sbatch --parsable -o /dev/null -n1 --mem=200 --wrap 'sleep 40' >$work/racer
  for i in \$(seq 50); do [ "\$(SLURM_CONF=$work/slurm/etc/slurm.conf squeue -h -j \$(cat $work/racer) -o %T)" = RUNNING ] && break; sleep 0.1; done
fi
exec $(command -v scontrol) "\$@"
EOF
chmod +x "$work/bin/scontrol"
sed -i "s|^\[batch.env\]|[batch]\nbin_dir = \"$work/bin\"\n\n[batch.env]|" "$TIDE_CONFIG"
check "the idle node is held while a job starts on it" until_true 30 test -e "$work/raced"
racer=$(cat "$work/racer")
check "the job runs on the node being held" job_is "$racer" RUNNING
passes 5 1
check "five passes later it still runs" job_is "$racer" RUNNING
same "the machine is there" 1 "$(machines)"
check "it completes" until_true 60 job_is "$racer" COMPLETED

# A node drained by a person is left alone before and after.
job=$(submit -n1 --mem=200 --wrap 'sleep 10')
check "another job runs" until_true 60 job_is "$job" RUNNING
node=$(node_of "$job")
scontrol update nodename="$node" state=drain reason="disk check by alice"
passes 8 1
same "a person's drain is left alone" held "$(phase_of "$node")"
check "its note is the person's" note_has "$node" "disk check by alice"
scontrol update nodename="$node" state=resume
check "once released and idle it goes" until_true 60 machines_are 0

# A person who releases tide's hold keeps the node for idle_time; a job that starts then is never ended.
set_key idle_time '"6s"'
job=$(submit -n1 --mem=200 --wrap 'sleep 10')
check "a job raises a node again" until_true 60 job_is "$job" RUNNING
node=$(node_of "$job")
check "tide holds it when idle" until_true 30 note_has "$node" 'tide: end'
scontrol update nodename="$node" state=resume
job=$(submit -n1 --mem=200 --wrap 'sleep 40')
for i in $(seq 30); do job_is "$job" RUNNING && break; sleep 0.2; done
same "the job runs on the released node" "$node" "$(node_of "$job")"
passes 6 1
check "it is not touched" job_is "$job" RUNNING
check "it completes" until_true 60 job_is "$job" COMPLETED
check "and the node goes after" until_true 60 machines_are 0
exit $failed
