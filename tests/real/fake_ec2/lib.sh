# What the stories of tide against the fake EC2 share; sourced with the build folder as $1. A story gets $work, the fake on
# loopback with orders by gate(), a scripted Slurm that is empty, and config_aws to write a configuration.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=$(cd "${1:?usage: test_NAME.sh BUILD_DIR}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-fake-ec2.XXXXXX")
chmod 700 "$work"
pids=()
end_all() {
  local code=$? pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  if [ "$code" = 0 ] && [ "$failed" = 0 ]; then rm -rf "$work"; else echo "see $work"; fi
  [ "$failed" = 0 ] || exit 1
  exit "$code"
}
. "$root/tests/real/checks.sh"
trap end_all EXIT
trap 'exit 1' INT TERM
for name in $(compgen -e AWS_) $(compgen -e | grep -i '_proxy$' || true) TIDE_CONFIG; do unset "$name"; done
# Planted where tide must read them, and in nothing that it prints, keeps or is started with.
key=AKIDTEST secret=PLANTEDsecret/of+the=test token=PLANTEDtoken/with+signs==
export AWS_EC2_METADATA_DISABLED=true TIDE_CONFIG=$work/tide.toml HOME=$work/home USER=tester LC_ALL=C.UTF-8

serve() { # COMMAND...: a server that prints "listening on HOST:PORT"; sets $server
  "$@" >"$work/server.log" 2>"$work/server.err" </dev/null &
  pids+=($!)
  for _ in $(seq 200); do
    grep -q '^listening on ' "$work/server.log" && break
    sleep 0.1
  done
  server=$(sed -n 's/^listening on //p' "$work/server.log")
  [ -n "$server" ] || { cat "$work/server.err"; exit 1; }
}

mkdir -p "$work/bin" "$work/home/.aws" "$work/state"
(umask 077 && echo "$key $secret $token" >"$work/keys" &&
  printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n' "$key" "$secret" "$token" >"$work/credentials")
for command in scontrol squeue sinfo sacctmgr; do cp "$root/tests/cli/bin/slurm" "$work/bin/$command"; done
ln -s "$root/tests/fixtures/slurm/22.05" "$work/fixtures"
echo zero >"$work/slurm-state"
printf '#!/bin/sh\necho node\n' >"$work/user-data.sh"
serve "$build/fake-ec2" 0 "$work/keys"
endpoint=http://$server

gate() { curl -fsS --noproxy '*' "http://${endpoint#*://}/__gate/$1"; }
live() { gate live; }
calls() { gate log | grep -cx "$1" || true; }

config_aws() { # [LINE...]: more lines of [clouds.aws]; $cluster and $state may be set before
  cat >"$TIDE_CONFIG" <<END
[cluster]
name = "${cluster:-physics}"
batch = "slurm"
head = "localhost"
state_dir = "${state:-$work/state}"
[batch]
bin_dir = "$work/bin"
[scale]
max_nodes = 4
[clouds.aws]
kind = "ec2"
region = "eu-central-1"
endpoint = "${url:-$endpoint}"
credentials_file = "$work/credentials"
$(printf '%s\n' "$@")
[pools.small]
cloud = "aws"
image = "ami-0abc"
types = ["c5.large"]
slots = 2
memory = "1GiB"
price = 0.09
user_data = "$work/user-data.sh"
END
  chmod 600 "$TIDE_CONFIG"
}

# No marker is in anything that tide wrote below $work, but where the test itself put it.
no_secret_in() { # TEXT FILE...
  local text=$1
  shift
  if grep -rlaF -e "$secret" -e "$token" -e PLANTED "$@" >"$work/leaks"; then fail "$text: $(tr '\n' ' ' <"$work/leaks")"; else echo "ok: $text"; fi
}
