#!/bin/bash
# test_adapter.sh BUILD_DIR: the Slurm adapter (by batch-tool) against a real slurmctld and slurmd on this machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tool=$(cd "${1:?build directory}" && pwd)/batch-tool
rig=$here/slurm.sh
[ "$(id -u)" = 0 ] || { echo "Slurm's daemons need root"; exit 77; }
command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null ||
  { echo "Slurm is not installed: $rig install"; exit 77; }
[ -x "$tool" ] || { echo "no $tool: build the target batch-tool"; exit 1; }

work=$(mktemp -d /tmp/tide-slurm.XXXXXX)
chmod 755 "$work"
unset TIDE_CONFIG "${!SQUEUE_@}" "${!SINFO_@}" "${!SLURM_@}"
. "$here/../adapter.sh"
. "$here/../../support/serve.sh"
SLURM_TEST_PORT=$(free_ports $((21000 + $$ % 4000 * 2)))
export SLURM_TEST_PORT
trap '"$rig" down "$work/slurm" >>"$work/rig.log" 2>&1; rm -rf "$work"' EXIT
tide() { "$tool" slurm SLURM_CONF="$work/slurm/etc/slurm.conf" "$@" >"$work/out" 2>"$work/err"; }
submit() { (cd /tmp && sbatch --parsable -o /dev/null -J "$1" "${@:2}" --wrap "sleep ${seconds:-900}"); }
empty_queue() {
  scancel -u root
  until_true 30 eval '[ -z "$(squeue -h -t R,CG,CF,PD)" ]'
}

say "No node, no job: both are proven"
SLURM_TEST_EXTRA=$'PartitionName=one Nodes=ALL MaxNodes=1\nPartitionName=short Nodes=ALL MaxTime=10\nPartitionName=thin Nodes=ALL MaxCPUsPerNode=2\nPartitionName=lowmem Nodes=ALL MaxMemPerNode=200' rig up "$work/slurm"
export SLURM_CONF=$work/slurm/etc/slurm.conf
tide server
has '^name=testcluster version=2[0-9]\.[0-9.]+ up_since=[1-9][0-9]{9} fresh=false hides_unregistered=false$'
tide nodes
has '^nodes=0$'
tide jobs
has '^proof: squeue: its header, 0 whole lines, exit code 0$'

say "Waiting jobs and their shapes"
plain=$(submit plain)
memory=$(submit memory -n2 --mem=500)
per_cpu=$(submit per-cpu -n4 --mem-per-cpu=200)
wide=$(submit wide -n64)
two=$(submit two -N2)
one=$(submit one -N1 -n8)
some=$(submit some -N2-4 -n8)
per_node=$(submit per-node -n8 --ntasks-per-node=4)
threads=$(submit threads -c4 --mem=2G)
alone=$(submit alone --exclusive)
array=$(submit array --array=0-99%3 --mem=77)
sparse=$(submit sparse --array=1,5-9:2 --mem=78)
held=$(submit held -H)
dependent=$(submit dependent -d "afterok:$plain")
begin=$(submit begin --begin=now+1hour)
gpu=$(submit gpu -p gpu --gres=gpu:a100:2)
gpus=$(submit gpus -p gpu --gpus=4)
per_gpu=$(submit per-gpu -p gpu --gres=gpu:1 --mem-per-gpu=10G)
day=$(submit day -t 1-00:00:00)
once=$(submit once --no-requeue)
disk=$(submit disk --tmp=10G)
het=$(cd /tmp && sbatch --parsable -o /dev/null -n1 --mem=100 : -n2 -c2 --mem=900 --wrap true)
crowd=$(submit crowd -p one -N2)
late=$(submit late -p short -t 60)
fat=$(submit fat -p thin -c4)
tide jobs
shape() { has "^$1 count=${4:-1} ids=$2 .*$3"; }
tide jobs all
shape eligible "$memory" '\{nodes=1-0 tasks=2 slots=1 per_node=0 mem_node=500 mem_slot=0 gpus=- features=-\}'
shape eligible "$per_cpu" '\{nodes=1-0 tasks=4 slots=1 per_node=0 mem_node=0 mem_slot=200 '
shape eligible "$wide" '\{nodes=1-0 tasks=64 slots=1 '
shape eligible "$two" '\{nodes=2-0 tasks=2 '
shape eligible "$one" '\{nodes=1-1 tasks=8 slots=1 '
shape eligible "$some" '\{nodes=2-4 tasks=8 '
shape eligible "$per_node" '\{nodes=1-0 tasks=8 slots=1 per_node=4 '
shape eligible "$threads" '\{nodes=1-0 tasks=1 slots=4 per_node=0 mem_node=2048 mem_slot=0 '
shape eligible "$alone" 'exclusive=true '
shape eligible "${array}_0,${array}_1,${array}_2" 'mem_slot=77 ' 3
shape limited "${array}_3,[0-9_,]*,${array}_99" "reason='JobArrayTaskLimit'" 97
shape eligible "${sparse}_1,${sparse}_5,${sparse}_7,${sparse}_9" 'mem_slot=78 ' 4
shape held "$held" "reason='JobHeldUser'"
shape dependent "$dependent" "reason='Dependency'"
shape deferred "$begin" "reason='BeginTime'"
shape eligible "$gpu" 'queue=gpu .*gpus=a100:2 '
shape eligible "$gpus" 'gpus=:4 '
shape eligible "$per_gpu" 'mem_node=10240 mem_slot=0 gpus=:1 '
shape eligible "$day" 'walltime=86400 '
shape eligible "$once" 'rerunnable=false '
shape eligible "$disk" "unjudged='tmp=10G'"
shape eligible "$het" 'tasks=1 slots=1 per_node=0 mem_node=0 mem_slot=100 .*tasks=2 slots=2 per_node=0 mem_node=900 '
# Without a node Slurm calls these PartitionConfig, as if a node could help.
shape failed "$crowd" "reason='PartitionNodeLimit: MaxNodes=1'"
shape failed "$late" "reason='PartitionTimeLimit: MaxTime=10 min'"
shape failed "$fat" "reason='PartitionConfig: MaxCPUsPerNode=2'"
tide jobs
has "^limited count=97 ids=(${array}_[0-9]+,){19}${array}_22 "

say "What users can write does not blind us"
submit $'na|me\nJobId=1 JobState=PENDING NumNodes=1-1 NumCPUs=1' >/dev/null
submit $'tab\tname' >/dev/null
greedy=$(submit greedy -p gpu --gres=gpu:99999999)
huge=$(submit huge -N 2000000)
tide jobs all
has "^eligible count=1 ids=$greedy .*unjudged='.*gpu:99999999"
has "^eligible count=1 ids=$huge .*unjudged='[^']*node=2000000"
has "^eligible count=1 ids=$wide .*\{nodes=1-0 tasks=64 "

say "The caller's environment changes nothing"
cp "$work/out" "$work/plain"
SQUEUE_USERS=nobody SQUEUE_STATES=R SQUEUE_FORMAT=%i SQUEUE_FORMAT2=JobID SINFO_PARTITION=none SQUEUE_PARTITION=none SLURM_CLUSTERS=other \
  SLURM_TIME_FORMAT=relative SLURM_CONF=/nonexistent tide jobs all
cmp "$work/out" "$work/plain"
empty_queue

say "The suite of every batch adapter"
"$here/../../conformance/batch_live.sh" live1 127.98.0.77 "$tool" slurm SLURM_CONF="$SLURM_CONF"

say "A node is made held, registers, is released, runs a job, and goes"
address=127.98.0.11    # the rig's first
tide add w1 4 4000 cloud,big - "$address" 'tide: joining'
tide add w1 4 4000 cloud,big - "$address" 'tide: joining'    # a repeat
tide nodes
has '^nodes=1$'
has "^w1 slots=0/4 memory=0/4000 gpus=-/- features=cloud,big .* registered=false .* held=true .* note='tide: joining' state="
job=$(submit first -C big)
rig start-node "$work/slurm" w1 CPUs=4 RealMemory=4000 Feature=cloud,big
# Registration wipes the reason and keeps the drain.
tide nodes
has "^w1 .* registered=true responding=true down=false held=true unfit=false .* note='' state="
tide add w1 8 8000 cloud - - 'tide: joining'                 # on a node that is there: nothing
tide nodes
has "^w1 slots=0/4 .* note='' "
tide hold w1 'tide: end idle for 10 min'
tide nodes
has "^w1 .* held=true .* note='tide: end idle for 10 min' "
tide jobs
has "^eligible count=1 ids=$job .*features=big\}"
tide release w1
tide release w1                                              # a repeat
until_true 20 shows jobs "^on w1: $job\$"
tide nodes
has "^w1 slots=1/4 .* held=false .* note='' "

say "A busy node can be held, and not removed"
tide hold w1 'tide: end kill-node by root'
tide nodes
has "^w1 slots=1/4 .* held=true .* note='tide: end kill-node by root' state=MIXED"
fails refused "'w1' still has jobs" remove w1
tide nodes
has '^nodes=1$'
tide release w1

say "An array on nodes counts towards its limit"
array=$(submit running --array=0-9%2)
until_true 20 shows jobs "^on w1: [0-9_,]*${array}_1"
tide jobs
has "^limited count=8 .*reason='JobArrayTaskLimit'"
hasnt '^eligible count=[0-9]+ ids=[0-9_,]*'"${array}_"
scontrol requeue "${array}_0"
until_true 10 shows jobs "^(limited|deferred) count=1 ids=${array}_0 "
tide jobs
hasnt '^eligible count=([2-9]|[0-9]{2,}) ids=[0-9_,]*'"${array}_"
empty_queue

say "Two nodes for a job of two: PartitionNodeLimit of one node is only too few nodes"
pair=$(submit pair -N2)
until_true 10 eval '[ "$(squeue -h -j $pair -o %r)" = PartitionNodeLimit ]'
tide jobs
has "^eligible count=1 ids=$pair .*reason='PartitionNodeLimit' \{nodes=2-0 tasks=2 "
rig add-node "$work/slurm" w2 CPUs=8 RealMemory=64000 Feature=cloud,gpu Gres=gpu:a100:2
until_true 20 shows jobs "^on w2: $pair\$"
has "^on w1: $pair\$"
scancel "$pair"
gpu=$(submit gpu -p gpu --gres=gpu:1)
until_true 20 shows nodes '^w2 slots=1/8 memory=100/64000 gpus=a100:1/a100:2 '

say "Features, as Slurm reads them"
filler=$(submit filler -w w1 --exclusive)
until_true 20 shows jobs "^on w1: [0-9,]*$filler"
scancel "$gpu"
tide hold w2 'tide: keep for a test'
either=$(submit either -C 'big|gpu')
all=$(submit all -C 'cloud&big')
bound=$(submit bound -w w2)
sleep 3
tide jobs
has "^eligible count=1 ids=$either .*features=big\|gpu\}"
has "^[a-z]+ count=1 ids=$all .*features=big&cloud\}"
has "^node_bound count=1 ids=$bound "
empty_queue

say "A node that vanished is removed; what cannot be said to scontrol is refused"
rig stop-node "$work/slurm" w2
tide remove w2
tide remove w2                                               # absent is success
fails not_found "node 'w2' is not known to Slurm" hold w2 'tide: end'
fails not_found "node 'w2' is not known to Slurm" release w2
fails config 'cannot be a node' hold 'w1 state=down' 'tide: end'
fails config 'cannot be a drain' hold w1 $'tide: "end"\nshutdown'
tide nodes
has '^nodes=1$'

say "slurmctld restarts beneath a running job"
job=$(submit survivor)
until_true 20 shows jobs "^on w1: $job\$"
rig stop-ctld "$work/slurm"
fails batch "failed with exit code" nodes
fails batch "failed with exit code" jobs
fails batch "failed with exit code" server
grep -q 'SLURM_CONF in \[batch.env\]' "$work/err" || die "no hint about slurmctld"
SLURM_TEST_PRIVATEDATA=cloud,jobs,nodes rig up "$work/slurm"
tide jobs
has "^on w1: $job\$"
tide nodes
has '^w1 slots=1/4 '

say "PrivateData hides others' jobs from a plain user: unproven"
chmod 755 "$work" "$work/slurm" "$work/slurm/etc" "$work/slurm/run"
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$tool" slurm SLURM_CONF="$SLURM_CONF" "$@" >"$work/out" 2>"$work/err"; }
if as_nobody server; then die "it did not notice PrivateData"; fi
grep -q '^error unproven: PrivateData=[a-z]* in slurm.conf hides' "$work/err" || die "it does not name PrivateData"
tide server
rig stop-ctld "$work/slurm"
SLURM_TEST_PRIVATEDATA=none rig up "$work/slurm"
as_nobody server
has 'hides_unregistered=true'
as_nobody jobs
has "^on w1: $job\$"
if as_nobody hold w1 'tide: end'; then die "nobody may hold nodes"; fi
grep -q '^error batch: ' "$work/err" || die "a refusal is not of kind batch"
grep -qi 'hint: Run tide as SlurmUser' "$work/err" || die "a refusal has no hint"

say "Without PrivateData=cloud a node that never registered is hidden; add can be repeated, and remove works"
tide add w3 4 4000 cloud - - 'tide: joining'
tide add w3 4 4000 cloud - - 'tide: joining'
tide address w3 127.98.0.99
tide nodes
hasnt '^w3 '
tide remove w3
tide remove w3

say "Another cluster answers under its own name"
rig down "$work/slurm"
SLURM_TEST_CLUSTER=another rig up "$work/slurm"
tide server
has '^name=another '

say "Memory is consumed and has no default: who asks for none runs alone"
rig down "$work/slurm"
SLURM_TEST_SELECT=CR_Core_Memory SLURM_TEST_DEFMEM=none SLURM_TEST_EXTRA=$'PartitionName=core Nodes=ALL SelectTypeParameters=CR_Core' rig up "$work/slurm"
rig rm-node "$work/slurm" w1    # it went down with the other cluster
rig add-node "$work/slurm" m1
none=$(submit none)
until_true 20 shows jobs "^on m1: $none\$"
second=$(submit none)
little=$(submit little --mem=100)
core=$(submit core -p core -c4)
zero=$(submit zero --mem=0 -n2)
sleep 6    # some scheduler runs
tide jobs
has "^on m1: $none\$"
has "^eligible count=1 ids=$second .*exclusive=true "
has "^eligible count=1 ids=$little .*exclusive=false .*mem_slot=100 "
has "^eligible count=1 ids=$core .*queue=core .*exclusive=false "
has "^eligible count=1 ids=$zero .*exclusive=true .*tasks=2 "
tide nodes
has '^m1 slots=1/4 memory=4000/4000 '
# Nor does one start beside a job that took a little.
scancel "$none" "$second" "$core" "$zero"
until_true 30 shows jobs "^on m1: $little\$"
last=$(submit none)
sleep 5
tide jobs
has "^on m1: $little\$"
has "^eligible count=1 ids=$last .*exclusive=true "
empty_queue
rig stop-ctld "$work/slurm"
SLURM_TEST_SELECT=CR_Core SLURM_TEST_DEFMEM=none SLURM_TEST_EXTRA=$'PartitionName=memory Nodes=ALL SelectTypeParameters=CR_Core_Memory' rig up "$work/slurm"
until_true 30 shows nodes '^m1 slots=0/4 .* responding=true '
filler=$(submit filler -c4)
until_true 20 shows jobs "^on m1: $filler\$"
plain=$(submit plain)
alone=$(submit alone -p memory)
tide jobs
has "^eligible count=1 ids=$plain .*exclusive=false "
has "^eligible count=1 ids=$alone .*queue=memory .*exclusive=true "
empty_queue
rig stop-ctld "$work/slurm"
SLURM_TEST_SELECT=CR_Core_Memory SLURM_TEST_DEFMEM=0 rig up "$work/slurm"
until_true 30 shows nodes '^m1 slots=0/4 .* responding=true '
one=$(submit one -c2)
two=$(submit two -c2)
until_true 30 shows jobs "^on m1: $one,$two\$"
three=$(submit three)
tide jobs
has "^eligible count=1 ids=$three .*exclusive=false "
empty_queue
echo "all passed"
