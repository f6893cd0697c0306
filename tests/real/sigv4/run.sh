#!/bin/sh
# run.sh BUILD_DIR [COUNT] [SEED]: our signatures against those of Debian's botocore, for random requests.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: run.sh BUILD_DIR [COUNT] [SEED]}
shift
/usr/bin/python3 -c 'import botocore' 2>/dev/null || {
  echo "SKIPPED: no python3-botocore; install it with: apt-get install python3-botocore" >&2
  exit 77
}
exec /usr/bin/python3 "$here/compare.py" "$build/sigv4-sign" "$@"
