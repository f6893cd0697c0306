# exit 0: what each reading command prints with --json is what man/schema says, with rows, without, and when servers fail
json() { # NAME COMMAND...: a source that fails is part of the answer
  local name=$1
  shift
  tide "$@" --json >"$name.json" 2>>errors
  case $? in 0 | 9) ;; *) echo "$name: exit $?" ;; esac
}
slurm waiting
json info-new info
json explain explain
json plan plan
json what-if explain --what-if max_nodes=1 --what-if pools.small.max=1
json pools pools
json cost-none cost
json events-none events
tide scale-once -q >/dev/null
slurm mixed
json info info
json cached info --cached
json about info "$CLUSTER-small-0001"
json nodes info --nodes-file
json addresses info --addresses
json explain-node explain "$CLUSTER-small-0001"
json explain-pool explain small
json event explain --event 1
json cost cost
json events events
tide sleep --for 1h --reason test -q
json asleep info
slurm_fails "gone"
json fails info
json pools-fail pools
json doctor doctor
sed -i 's/^\[clouds.here\]/[money]\nper_day = 3.0\nper_month = 40\n&/' tide.toml
json cost-caps cost
json version version
json config-keys config keys
json config-check config check
/usr/bin/python3 "$source_dir/tests/cli/validate.py" "$source_dir/man/schema" ./*.json
