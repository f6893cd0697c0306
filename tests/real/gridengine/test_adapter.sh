#!/bin/bash
# test_adapter.sh BUILD_DIR: the Grid Engine adapter (by batch-tool) against a real sge_qmaster and real execds.
export GE_TEST_FEATURES=live
. "$(dirname "$0")/lib.sh"
tool=$build/batch-tool
[ -x "$tool" ] || { echo "no $tool: build the target batch-tool"; exit 1; }
set -E # in functions too
. "$root/tests/real/adapter.sh"
bin=$programs
settings=(SGE_ROOT="$SGE_ROOT" SGE_CELL=default SGE_QMASTER_PORT=6444 SGE_EXECD_PORT=6445)
tide() { "$tool" gridengine --bin-dir "$bin" "${settings[@]}" "$@" >"$work/out" 2>"$work/err"; }

say "No host, no job: both are proven"
tide server
has '^name=[^ ]+ version=8\.1\.9 up_since='
tide nodes
has '^nodes=0$'
tide jobs
has '^proof: .* 0 entries'
hasnt '^(eligible|on) '

say "An entry is made, disabled, before its machine's daemon speaks"
fails batch "can't resolve" add n0 4 4096 - - 10.98.7.50 'tide: joining'
# A machine that knocks before the head knows its name: the qmaster remembers for a minute that there is no such name, and
# qconf then tells that with exit code 0.
(cat /etc/hosts && echo '10.98.7.50 n0') >"$work/hosts"
unshare --uts --mount bash -c "hostname n0; mount --bind '$work/hosts' /etc/hosts; qstat" >"$work/out" 2>&1 || true
name_host n0 10.98.7.50
qconf -ah n0 >"$work/out" 2>&1
has "can't resolve"
fails batch "can't resolve" add n0 4 4096 - - 10.98.7.50 'tide: joining'
tide nodes
has '^nodes=0$'
name_host n1 10.98.7.51
tide add n1 4 4096 - - 10.98.7.51 'tide: joining'
tide add n1 4 4096 - - 10.98.7.51 'tide: joining'
tide nodes
has '^nodes=1$'
has "^n1 slots=0/4 memory=0/4096 gpus=-/- .* registered=false responding=false .* held=true .*note='tide: joining'"

say "Waiting jobs and their shapes"
base=$(submit)
tasks=$(submit -t 10-40:10 -l h_vmem=2G)
smp=$(submit -pe smp 4 -l h_vmem=500M)
wide=$(submit -pe mpi 8-64 -l h_vmem=1G)
odd=$(submit -pe 'm*' 6-,4)
gpu=$(submit -l gpu=2)
queued=$(submit -q all.q -l h_rt=1:00:00)
held=$(submit -h)
dependent=$(submit -hold_jid "$base")
later=$(submit -a 203001010000)
bound=$(submit -l hostname=n1)
bobs=$(as=bob submit -l h_vmem=3G)
tide jobs all
shape() { # WAITING IDS-PATTERN SHAPE-PATTERN [COUNT]
  has "^$1 count=${4:-1} ids=$2 .*$3"
}
shape eligible "$base" '\{nodes=1-1 tasks=1 slots=1 .*mem_slot=100 '    # what a job takes that asks for no memory
shape eligible "$tasks\.10,$tasks\.20,$tasks\.30,$tasks\.40" 'tasks=1 slots=1 .*mem_slot=2048 ' 4
shape eligible "$smp" 'nodes=1-1 tasks=4 slots=1 .*mem_slot=500 '
shape eligible "$wide" 'tasks=8 slots=1 .*mem_slot=1024 '
shape eligible "$odd" 'tasks=4 slots=1 '
shape eligible "$gpu" 'gpus=[a-z]*:2 '
shape eligible "$queued" 'walltime=3600 '
shape held "$held" ''
shape dependent "$dependent" ''
shape deferred "$later" 'not before 2030-01-01'
shape node_bound "$bound" "'n1'"
shape eligible "$bobs" 'mem_slot=3072 '
hasnt "^on "

say "An execd starts: it is no node for jobs before it is released"
rig machine "$ge" n1 51
rig execd "$ge" n1
until_true 20 shows nodes '^n1 slots=0/4 .* registered=true responding=true .* held=true '
sleep 3    # some scheduler runs
job_is "$base" qw || die "a disabled node got a job"
tide release n1
until_true 20 shows nodes "^n1 slots=[1-4]/4 .* held=false .*note='' "
until_true 20 shows jobs "^on n1: .*[0-9]"
empty_queue

say "A job in error is no demand"
failing=$(GE_AS=alice "$rig" enter "$ge" qsub -terse -b y -o /nonexistent/x -j y /bin/true)
until_true 20 job_is "$failing" Eqw
tide jobs
has "^failed count=1 ids=$failing .*"
empty_queue

say "A hold lets the job finish; a busy node is not taken out; the empty one is, and again"
job=$(seconds=25 submit -pe smp 2 -l h_vmem=200M)
until_true 20 job_is "$job" r
next=$(submit)
until_true 20 job_is "$next" r
qdel "$next" >/dev/null
before=$(began "$job")
tide hold n1 'tide: end idle'
tide hold n1 'tide: end idle'
until_true 20 shows nodes "^n1 slots=2/4 .* held=true .*note='tide: end idle'"
waiting=$(submit)
fails refused 'job' remove n1
job_is "$job" r || die "the refused removal ended the job"
tide nodes
has '^n1 slots=2/4 .* held=true '
tide jobs
has "^on n1: $job\$"
until_true 30 shows nodes '^n1 slots=0/4 '
until_true 10 ended_well "$job"
job_is "$waiting" qw || die "a held node got a job"
tide remove n1
tide remove n1
tide nodes
has '^nodes=0$'
[ -z "$(qconf -sel 2>/dev/null)" ] || die "its host is left"
if qconf -sq all.q gpu.q | grep -q n1; then die "a queue still names it"; fi
if qconf -shgrp @allhosts | grep -q n1; then die "its host group still names it"; fi
empty_queue
rig halt "$ge" n1

say "An addition and a removal that were killed at any of their commands are completed by a repeat"
mkdir "$work/killer"
cat >"$work/killer/any" <<KILLER
#!/bin/bash
count=\$((\$(cat $work/killer/count) - 1))
echo \$count >$work/killer/count
if [ \$count = 0 ]; then kill -KILL \$PPID; sleep 1; exit 1; fi
exec $programs/\$(basename "\$0") "\$@"
KILLER
chmod 755 "$work/killer/any"
for program in qstat qhost qconf qmod qping qselect; do ln -s any "$work/killer/$program"; done
killed_at() { # COMMAND-NUMBER TIDE-ARGUMENTS...: 0 if it was killed
  echo "$1" >"$work/killer/count"
  shift
  # In a shell of its own: bash would tell of the kill.
  if (bin=$work/killer; tide "$@" & wait $!) 2>/dev/null; then return 1; fi
}
name_host n2 10.98.7.52
for verb in add remove; do
  kills=0
  for at in $(seq 30); do
    if [ $verb = add ]; then
      killed_at "$at" add n2 2 2048 - - 10.98.7.52 'tide: joining' || break
      kills=$((kills + 1))
      tide add n2 2 2048 - - 10.98.7.52 'tide: joining'
      tide nodes
      has "^nodes=1\$"
      has "^n2 slots=0/2 memory=0/2048 .* held=true .*note='tide: joining'"
      tide remove n2
    else
      tide add n2 2 2048 - - 10.98.7.52 'tide: joining'
      killed_at "$at" remove n2 || break
      kills=$((kills + 1))
      tide nodes    # whatever is left can be read
      tide remove n2
    fi
    tide nodes
    has '^nodes=0$'
    if qconf -sq all.q | grep -q n2; then die "a queue still names it after a killed $verb"; fi
  done
  [ $kills -ge 2 ] || die "$verb was killed at $kills commands only"
  echo "   $verb: killed at each of $kills commands"
  tide remove n2
done

say "What a person had closed stays closed behind a hold of tide's, killed or repeated"
rig machine "$ge" n4 56
tide add n4 4 4096 - - 10.98.7.56 'tide: joining'
qconf -aattr hostgroup hostlist n4 @gpuhosts >/dev/null
qconf -mattr queue slots '[n4=2]' gpu.q >/dev/null
rig execd "$ge" n4
until_true 20 shows nodes '^n4 .* registered=true '
tide release n4
until_true 20 shows nodes '^n4 .* held=false .* state=all.q:ok gpu.q:ok$'
qmod -d gpu.q@n4 >/dev/null
qconf -mattr queue initial_state '[n4=disabled]' gpu.q >/dev/null
for verb in hold release; do
  note=()
  [ $verb = release ] || note=('tide: end idle')
  for at in $(seq 20); do
    [ $verb = hold ] || tide hold n4 'tide: end idle'
    if killed_at "$at" $verb n4 "${note[@]}"; then more=1; else more=; fi
    if [ $verb = hold ]; then
      tide hold n4 'tide: end idle'
      tide hold n4 'tide: end kill-node'
      tide nodes
      has "^n4 .* held=true .* note='tide: end kill-node' state=all.q:d gpu.q:d\$"
    fi
    tide release n4
    tide nodes
    has "^n4 .* held=false .* note='' state=all.q:ok gpu.q:d\$"
    [ -n "$more" ] || break
  done
  [ "$at" -ge 4 ] || die "a $verb was killed at $((at - 1)) commands only"
done
qconf -sq gpu.q@n4 | grep -q '^initial_state *disabled' || die "the person's initial_state is gone"
if qconf -se n4 | grep -q tide_note; then die "a mark is left"; fi
qmod -e gpu.q@n4 >/dev/null
tide hold n4 'tide: end idle'
tide release n4
tide nodes
has "^n4 .* held=false .* state=all.q:ok gpu.q:ok\$"

say "Tasks that were rescheduled share the limit of their array"
array=$(submit -r y -t 1-8 -tc 3)
until_true 20 shows jobs "^on n4: $array\.1,$array\.2,$array\.3\$"
has "^limited count=5 ids=$array\.4,"
tide hold n4 'tide: end idle'
qmod -rj "$array.1" >/dev/null
until_true 20 shows jobs "^on n4: $array\.2,$array\.3\$"
has "^eligible count=1 ids=$array\.1 "
has "^limited count=5 ids=$array\.4,"
empty_queue
until_true 20 shows nodes '^n4 slots=0/4 '
tide remove n4
rig halt "$ge" n4

say "A qmaster that is stopped, and one that is down"
rig machine "$ge" n3 53
tide add n3 4 4096 - - 10.98.7.53 'tide: joining'
rig execd "$ge" n3
until_true 20 shows nodes '^n3 .* registered=true '
tide release n3
job=$(submit -pe smp 3)
until_true 20 job_is "$job" r
before=$(began "$job")
qmaster=$("$rig" pid "$ge")
kill -STOP "$qmaster"
begin=$SECONDS
fails 'timeout|batch' . --timeout 3 nodes
fails 'timeout|batch' . --timeout 3 jobs
fails 'timeout|batch' . --timeout 3 hold n3 'tide: end idle'
[ $((SECONDS - begin)) -le 20 ] || die "it took $((SECONDS - begin)) s"
kill -CONT "$qmaster"
rig stop-qmaster "$ge" KILL
fails batch . jobs
fails batch . nodes
fails batch . server
rig start-qmaster "$ge"
until_true 20 shows jobs "^on n3: $job\$"
tide nodes
has '^n3 slots=3/4 '
[ "$(began "$job")" = "$before" ] || die "the job was started anew"

say "An execd that died: its node does not answer, and its job is still there"
# One that was only cut off would come back by itself within a minute; a new one is there at once, and knows its job.
rig kill-execd "$ge" n3
rig execd "$ge" n3
until_true 40 shows nodes '^n3 slots=3/4 .* responding=true '
[ "$(began "$job")" = "$before" ] || die "the job was started anew"
rig kill-execd "$ge" n3
until_true 40 shows nodes '^n3 slots=3/4 .* responding=false '
tide jobs
has "^on n3: $job\$"
fails refused 'job' remove n3
[ "$(began "$job")" = "$before" ] || die "the job was started anew"

say "Once its jobs are given up, what is left of a dead machine can be taken out"
rig halt "$ge" n3
qdel -f "$job" >/dev/null
empty_queue
tide hold n3 'tide: end idle'
until_true 20 shows nodes '^n3 slots=0/4 .* responding=false .*held=true '
tide remove n3
tide nodes
has '^nodes=0$'

say "Those whose daemon has just ended, or is not yet known again, can be taken out too"
for how in ended restarted; do
  rig machine "$ge" n5 55
  tide add n5 2 2048 - - 10.98.7.55 'tide: joining'
  rig execd "$ge" n5
  until_true 20 shows nodes '^n5 .* registered=true responding=true '
  if [ $how = ended ]; then
    rig kill-execd "$ge" n5 TERM
    sleep 0.3
  else
    rig stop-qmaster "$ge"
    rig start-qmaster "$ge"
  fi
  tide remove n5
  tide nodes
  has '^nodes=0$'
  rig halt "$ge" n5
done

say "The suite of every batch adapter"
name_host live1 10.98.7.54
"$root/tests/conformance/batch_live.sh" live1 10.98.7.54 "$tool" gridengine --bin-dir "$bin" "${settings[@]}"
echo "all passed in $SECONDS s"
