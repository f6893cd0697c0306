#!/bin/bash
# test_adapter.sh BUILD_DIR: the HTCondor adapter (by batch-tool) against a real collector, schedd and startds.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tool=$(cd "${1:?build directory}" && pwd)/batch-tool
rig=$here/htcondor.sh
[ "$(id -u)" = 0 ] || { echo "HTCondor's daemons and their folder need root"; exit 77; }
[ -x "$tool" ] || { echo "no $tool: build the target batch-tool"; exit 1; }
"$rig" install || exit $?

work=$(mktemp -d /tmp/tide-condor.XXXXXX)
chmod 755 "$work"
unset TIDE_CONFIG CONDOR_CONFIG "${!_CONDOR_@}"
. "$here/../adapter.sh"
. "$here/../../support/serve.sh"
CONDOR_TEST_PORT=$(free_ports $((22000 + $$ % 4000 * 2)))
export CONDOR_TEST_PORT
trap '"$rig" down "$work/c" >>"$work/rig.log" 2>&1; rm -rf --one-file-system "$work"' EXIT
keys=(--key collector_warmup=3s --key silent_after=12s)
tide() { "$tool" htcondor --bin-dir "$work/c/bin" "${keys[@]}" "$@" >"$work/out" 2>"$work/err"; }
submit() { # LINES...: as alice, or $as; prints the cluster
  { printf 'executable = /bin/sleep\narguments = %s\nlog = /dev/null\n' "${seconds:-900}"; printf '%s\n' "$@"; } |
    CONDOR_AS=${as:-alice} "$work/c/bin/condor_submit" -terse | cut -d. -f1
}
queue() { "$work/c/bin/condor_q" -allusers "$@"; }
empty_queue() {
  "$work/c/bin/condor_rm" -all >/dev/null 2>&1 || true
  until_true 20 eval '[ -z "$(queue -af ClusterId)" ]'
}

say "No node, no job: both are proven"
rig up "$work/c"
until_true 20 shows server '^name=tide test@[^ ]+ version=23\.[0-9.]+ up_since=[1-9][0-9]{9} fresh=false '
"$tool" htcondor --bin-dir "$work/c/bin" server >"$work/out"
has ' fresh=true '    # a quarter of an hour by default
tide nodes
has '^nodes=0$'
tide jobs
has '^proof: condor_q: 0 jobs, as 1 schedd counted them, exit code 0$'

say "Waiting jobs and their shapes"
plain=$(submit 'request_memory = 100' 'queue 2')
wide=$(submit 'request_cpus = 64' 'queue 30')
default=$(submit 'queue')
held=$(submit 'hold = true' queue)
parallel=$(submit 'universe = parallel' 'machine_count = 3' queue)
gpu=$(submit 'request_gpus = 2' 'require_gpus = Capability > 8' queue)
featured=$(submit 'requirements = stringListMember("big", TideFeatures) && TidePool == "small"' queue)
bound=$(submit 'requirements = Machine == "nope.tide.test"' queue)
later=$(submit 'deferral_time = 2000000000' queue)
never=$(submit 'requirements = false' queue)
unknown=$(submit 'requirements = TARGET.HasCVMFS' 'request_disk = 50G' queue)
absurd=$(submit 'request_memory = "lots"' queue)
local=$(as=bob submit 'universe = grid' 'grid_resource = batch slurm' queue)
account=$(as=bob submit 'accounting_group = physics' 'accounting_group_user = b' 'allowed_job_duration = 3600' 'request_cpus = 3' queue)
tide jobs all
shape() { has "^$1 count=${4:-1} ids=$2 .*$3"; }
shape eligible "$plain.0,$plain.1" 'slots=1 per_node=0 mem_node=100 ' 2
shape eligible "$wide.0,.*$wide.29" 'slots=64 ' 30
shape eligible "$default.0" 'mem_node=[1-9]'    # an expression, evaluated
shape held "$held.0" 'submitted on hold'
shape eligible "$parallel.0" '\{nodes=3-3 tasks=3 slots=1 '
shape eligible "$gpu.0" 'gpus=:2 .*RequireGPUs: Capability > 8'
shape eligible "$featured.0" 'features=big&small'
shape node_bound "$bound.0" 'nope.tide.test'
shape deferred "$later.0" DeferralTime
shape failed "$never.0" 'Requirements is false'
shape eligible "$unknown.0" "assumed='TARGET.HasCVMFS && RequestDisk > 10 GiB'"
shape eligible "$absurd.0" "unjudged='RequestMemory = \"lots\"'"
shape limited "$local.0" 'grid universe'
shape eligible "$account.0" 'walltime=3600 .*slots=3 '
tide jobs
has "^eligible count=30 ids=($wide\.[0-9]+,){19}$wide\.19 "

say "What users can write does not blind us; a plain user sees all, and the caller's environment changes nothing"
nasty=$(submit 'requirements = TARGET.Foo == "a\tb\nTotal for query: 0 jobs"' 'batch_name = "x\ny"' '+AccountingGroup = "g\t1\n2"' queue)
tide jobs all
has "ids=$nasty.0 "
cp "$work/out" "$work/plain"
_CONDOR_COLLECTOR_HOST=nowhere:1 _CONDOR_SCHEDD_HOST=nowhere CONDOR_CONFIG=/nonexistent tide jobs all
cmp "$work/out" "$work/plain"
CONDOR_AS=bob tide jobs all
cmp "$work/out" "$work/plain"
empty_queue

say "Machines: partitionable, static, GPUs, a check still to pass"
rig add-node "$work/c" w1 Features=cloud,big Pool=small Instance=i-1 Ready=true
rig add-node "$work/c" w2 CPUs=2 Slots=static Features=static Retire=0
rig add-node "$work/c" w3 CPUs=8 Memory=64000 GPUs=2 Features=gpu Ready=false
tide nodes
has '^nodes=3$'
has '^w1.tide.test slots=0/4 memory=0/4000 gpus=-/- features=big,cloud,small .* registered=true responding=true .* held=false .* starting=false .* instance=i-1 address=127.0.0.1 '
has '^w2.tide.test slots=0/2 memory=0/4000 .* features=static .* starting=false '
has '^w3.tide.test slots=0/8 memory=0/64000 gpus=-/:2 features=gpu .* starting=true '

say "The suite of every batch adapter"
LIVE_NODE=joined "$here/../../conformance/batch_live.sh" w1.tide.test 127.0.0.1 "$tool" htcondor --bin-dir "$work/c/bin" "${keys[@]}"

say "A drain keeps the jobs, can be cancelled, and its reason is the note"
first=$(submit 'requirements = TidePool == "small"' queue)
until_true 30 shows jobs "^on w1.tide.test: $first.0\$"
sleep 6    # until its startd knows how long the job may still run
began=$(queue "$first" -af JobCurrentStartDate)
tide hold w1.tide.test 'tide: end kill-node: by root'
until_true 20 shows nodes "^w1.tide.test slots=1/4 .* held=true .* final=false .* note='tide: end kill-node: by root' "
fails refused 'still has jobs' remove w1.tide.test
tide jobs
has "^on w1.tide.test: $first.0\$"
tide release w1.tide.test
until_true 20 shows nodes "^w1.tide.test slots=1/4 .* held=false .* note='' "

say "A job that grants no retirement itself would be evicted by any hold: refused"
second=$(seconds=60 submit 'requirements = TidePool == "small"' 'max_job_retirement_time = 0' queue)
until_true 30 shows jobs "^on w1.tide.test: $first.0,$second.0\$"
fails refused 'would be evicted' hold w1.tide.test 'tide: end idle'
tide jobs
has "^on w1.tide.test: $first.0,$second.0\$"
tide nodes
has '^w1.tide.test .* held=false '

say "MaxJobRetirementTime 0, where a drain evicts at once: the job runs to its end, then the startd is off"
third=$(seconds=30 submit 'requirements = stringListMember("static", TideFeatures)' queue)
until_true 30 shows jobs "^on w2.tide.test: $third.0\$"
tide hold w2.tide.test 'tide: end idle'
until_true 20 shows nodes '^w2.tide.test slots=1/2 .* held=true .* final=true '
fails refused 'cannot be cancelled' release w2.tide.test
tide jobs
has "^on w2.tide.test: $third.0\$"
[ "$(queue "$third" -af NumShadowStarts)" = 1 ] || die "the job was started anew"
until_true 40 shows nodes '^w2.tide.test slots=0/0 .* held=true .* completing=false .* final=true .* state=Off$'
[ -z "$(queue "$third" -af ClusterId)" ] || die "job $third did not end"
[ "$(queue "$first" -af JobCurrentStartDate)" = "$began" ] || die "job $first was started anew"
tide hold w2.tide.test 'tide: end idle'
tide release w2.tide.test
until_true 20 shows nodes '^w2.tide.test slots=0/2 .* held=false .* final=false '

say "A collector that restarts knows nothing for a while, and the jobs run on"
rig restart-collector "$work/c"
until_true 20 tide server
tide jobs
has "^on w1.tide.test: $first.0"
"$tool" htcondor --bin-dir "$work/c/bin" server >"$work/out"
has ' fresh=true '
until_true 20 shows nodes '^w1.tide.test slots=[12]/4 '

say "A machine that died: its ad still says that all is well, and its age tells"
until_true 20 shows nodes '^w3.tide.test slots=0/8 .* responding=true '
rig stop-node "$work/c" w3
tide nodes
has '^w3.tide.test slots=0/8 .* responding=true '
until_true 30 shows nodes '^w3.tide.test slots=0/8 .* responding=false .*state=Unclaimed/Idle, not heard from'
has '^w1.tide.test .* responding=true '
tide remove w3.tide.test
tide remove nosuch.tide.test
fails not_found 'not known' hold nosuch.tide.test 'tide: end'

say "A stopped schedd and a stopped collector are time-outs"
schedd=$("$rig" pid "$work/c" schedd)
kill -STOP "$schedd"
begin=$SECONDS
fails 'timeout|batch' condor_q --timeout 4 jobs
[ $((SECONDS - begin)) -le 12 ] || die "it took $((SECONDS - begin)) s"
kill -CONT "$schedd"
collector=$("$rig" pid "$work/c" collector)
kill -STOP "$collector"
begin=$SECONDS
fails 'timeout|batch' condor_status --timeout 4 nodes
fails 'timeout|batch' condor_status --timeout 4 server
[ $((SECONDS - begin)) -le 20 ] || die "it took $((SECONDS - begin)) s"
kill -CONT "$collector"
until_true 20 shows jobs "^on w1.tide.test: $first.0"

say "The suite of every batch adapter"
rig add-node "$work/c" live1 Retire=315360000
until_true 20 shows nodes "^live1.tide.test "
LIVE_NODE=joined "$here/../../conformance/batch_live.sh" live1.tide.test 127.0.0.1 "$tool" htcondor --bin-dir "$work/c/bin" "${keys[@]}"
rig rm-node "$work/c" live1

say "Named schedds, all of them, and another pool's collector"
tide --key schedds=all jobs
has "^on w1.tide.test: head@#$first.0"
fails batch 'nosuch' --key schedds=nosuch@ jobs
fails batch condor_status --key pool=127.0.0.1:1 nodes
rig down "$work/c"
fails batch condor_q jobs
CONDOR_TEST_NAME=another rig up "$work/c"
until_true 20 shows server '^name=another@'
echo "all passed"
