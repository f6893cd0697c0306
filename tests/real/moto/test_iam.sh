#!/bin/bash
# test_iam.sh BUILD_DIR: examples/iam on moto's own IAM (iam.py says what that can and cannot judge), without the gate.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=$(cd "${1:?usage: test_iam.sh BUILD_DIR}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/tide-iam.XXXXXX")
trap '"$here/moto.sh" down "$work/moto" >/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
for name in $(compgen -e AWS_) TIDE_CONFIG; do unset "$name"; done
code=0
"$here/moto.sh" up "$work/moto" >"$work/moto.log" 2>&1 || code=$?
[ $code = 0 ] || { tail -n 20 "$work/moto.log"; exit $code; }
moto=http://127.0.0.1:$(cat "$work/moto/port")
mkdir -p "$work/bin" "$work/state"
for command in scontrol squeue sinfo sacctmgr; do cp "$root/tests/cli/bin/slurm" "$work/bin/$command"; done
ln -s "$root/tests/fixtures/slurm/22.05" "$work/fixtures"
echo zero >"$work/slurm-state"
cat >"$work/tide.toml" <<END
[cluster]
name = "iam"
batch = "slurm"
head = "localhost"
state_dir = "$work/state"
[batch]
bin_dir = "$work/bin"
[scale]
max_nodes = 4
[clouds.aws]
kind = "ec2"
region = "us-east-1"
endpoint = "$moto"
credentials_file = "$work/credentials"
[pools.small]
cloud = "aws"
image = "ami-12c6146b"
types = ["c5.large"]
slots = 2
memory = "1GiB"
price = 0.09
END
chmod 600 "$work/tide.toml"
/usr/bin/python3 "$here/iam.py" "$moto" "$root" "$work" "$build"
