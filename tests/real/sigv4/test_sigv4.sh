#!/bin/bash
# test_sigv4.sh BUILD_DIR [COUNT] [SEED]: our signatures against those of Debian's botocore, for thousands of random requests.
# Without a SEED each run draws another; a failure prints it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: test_sigv4.sh BUILD_DIR [COUNT] [SEED]}
count=${2:-5000}
seed=${3:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
/usr/bin/python3 -c 'import botocore' 2>/dev/null || {
  echo "SKIPPED: no python3-botocore; install it with: apt-get install python3-botocore" >&2
  exit 77
}
exec /usr/bin/python3 "$here/compare.py" "$build/sigv4-sign" "$count" "$seed"
