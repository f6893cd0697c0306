#!/bin/bash
# test_boto3.sh BUILD_DIR: Debian's boto3 against our fake EC2, on every call that tide uses.
/usr/bin/python3 -c 'import boto3' 2>/dev/null || {
  echo "SKIPPED: no boto3; install it with: apt-get install python3-boto3" >&2
  exit 77
}
. "$(dirname "$0")/lib.sh"
/usr/bin/python3 "$here/boto.py" "$endpoint" "$key" "$secret" "$token"
