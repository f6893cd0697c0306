# How a story of tide on a fake or on moto begins; sourced with the build folder as $1. It gets $root, $build, $work (a folder of its
# own), a scripted Slurm, and nothing of the caller's clouds; what serve() started ends with it, and what it ends in end_rig.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "${1:?usage: test_NAME.sh BUILD_DIR}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-story.XXXXXX")
chmod 700 "$work"
. "$root/tests/real/checks.sh"
. "$root/tests/support/serve.sh"
end_rig() { :; }
end_all() {
  local code=$?
  end_servers
  end_rig
  leave $code
}
trap end_all EXIT
trap 'exit 1' INT TERM
for name in $(compgen -e AWS_) $(compgen -e OS_) TIDE_CONFIG; do unset "$name"; done
export TIDE_CONFIG=$work/tide.toml
mkdir -p "$work/bin"
for command in scontrol squeue sinfo sacctmgr; do cp "$root/tests/cli/bin/slurm" "$work/bin/$command"; done
ln -s "$root/tests/fixtures/slurm/22.05" "$work/fixtures"
echo zero >"$work/slurm-state"

config_story() { # CLUSTER MAX_NODES [STATE_DIR]: the configuration, with clouds and pools from the input
  {
    cat <<END
[cluster]
name = "$1"
batch = "slurm"
head = "localhost"
state_dir = "${3:-$work/state}"
[batch]
bin_dir = "$work/bin"
[scale]
max_nodes = $2
END
    cat
  } >"$TIDE_CONFIG"
  chmod 600 "$TIDE_CONFIG"
}
