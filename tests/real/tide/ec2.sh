# What the stories on EC2 share; sourced after lib.sh. moto behind the strict gate is up from here on, at $endpoint.
moto=$root/tests/real/moto/moto.sh
code=0
"$moto" up "$work/moto" >"$work/moto.log" 2>&1 || code=$?
[ $code != 77 ] || { tail -n 1 "$work/moto.log"; exit 77; }
[ $code = 0 ] || { cat "$work/moto.log"; exit 1; }
endpoint=$(cat "$work/moto/endpoint")
chmod 600 "$work/moto/credentials"

cloud_aws() { # the cloud's section of a configuration
  cat <<EOF
[clouds.aws]
kind = "ec2"
region = "us-east-1"
endpoint = "$endpoint"
credentials_file = "$work/moto/credentials"

EOF
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
join_node() { # NODE FEATURE: a slurmd as the machine's user data would start it; moto's addresses lead nowhere, so its own is put in their place
  pass # tells moto's
  "$rig" start-node "$work/slurm" "$1" CPUs=2 RealMemory=1024 Feature="$2" >>"$work/rig.log" 2>&1
  scontrol update nodename="$1" nodeaddr="$(cat "$work/slurm/nodes/$1/addr")"
}
