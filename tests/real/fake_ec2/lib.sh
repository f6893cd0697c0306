# What the stories of tide against the fake EC2 share; sourced with the build folder as $1. Beside what begin.sh gives, the fake is on
# loopback, with orders by gate(), and config_aws writes a configuration.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../begin.sh"
for name in $(compgen -e | grep -i '_proxy$'); do unset "$name"; done
# Planted where tide must read them, and in nothing that it prints, keeps or is started with.
key=AKIDTEST secret=PLANTEDsecret/of+the=test token=PLANTEDtoken/with+signs==
export AWS_EC2_METADATA_DISABLED=true HOME=$work/home USER=tester LC_ALL=C.UTF-8

mkdir -p "$work/home/.aws" "$work/state"
(umask 077 && echo "$key $secret $token" >"$work/keys" &&
  printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n' "$key" "$secret" "$token" >"$work/credentials")
printf '#!/bin/sh\necho node\n' >"$work/user-data.sh"
serve "$build/fake-ec2" 0 "$work/keys"
endpoint=http://$server

gate() { curl -fsS --noproxy '*' "http://${endpoint#*://}/__gate/$1"; }
live() { gate live; }
calls() { gate log | grep -cx "$1" || true; }

config_aws() { # [LINE...]: more lines of [clouds.aws]; $cluster and $state may be set before
  config_story "${cluster:-physics}" 4 "${state:-}" <<END
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
}

# No marker is in anything that tide wrote below $work, but where the test itself put it.
no_secret_in() { # TEXT FILE...
  local text=$1
  shift
  if grep -rlaF -e "$secret" -e "$token" -e PLANTED "$@" >"$work/leaks"; then fail "$text: $(tr '\n' ' ' <"$work/leaks")"; else echo "ok: $text"; fi
}
