# What the stories on EC2 share; sourced after lib.sh. moto behind the strict gate is up from here on, at $endpoint.
rig_up "$work/moto.log" "$root/tests/real/moto/moto.sh" up "$work/moto"
endpoint=$(cat "$work/moto/endpoint")
chmod 600 "$work/moto/credentials"

config_ec2() { # the configuration, with [scale] and pools from the input
  {
    config_head
    cat <<EOF
[clouds.aws]
kind = "ec2"
region = "us-east-1"
endpoint = "$endpoint"
credentials_file = "$work/moto/credentials"

EOF
    cat
  } >"$TIDE_CONFIG"
}

aws() { AWS_SHARED_CREDENTIALS_FILE=$work/moto/credentials /usr/bin/aws --endpoint-url "$endpoint" --region us-east-1 --output text ec2 "$@"; }
in_state() { # STATE[,STATE]: IDs of the cluster's machines
  aws describe-instances --filters "Name=instance-state-name,Values=$1" "Name=tag:tide:cluster,Values=$cluster" --query 'Reservations[].Instances[].InstanceId'
}
live() { in_state pending,running | wc -w; }
live_is() { [ "$(live)" = "$1" ]; }
gate() { curl -fsS "$endpoint/__gate/$1" >/dev/null; }
calls() { curl -fsS "$endpoint/__gate/log" | grep -c "\"$1\"" || true; }
id_of() { query "''.join(w['instance'] for w in d['workers'] if w['node'] == '$1')"; }
join_node() { # NODE FEATURE
  pass # tells moto's address
  start_node "$1" "$2"
}
