#!/bin/bash
# test_iam.sh BUILD_DIR: examples/iam on moto's own IAM (iam.py says what that can and cannot judge), without the gate.
. "$(dirname "$0")/lib.sh"
moto=http://127.0.0.1:$(cat "$work/moto/port")
config_story iam 4 <<END
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
/usr/bin/python3 "$here/iam.py" "$moto" "$root" "$work" "$build"
