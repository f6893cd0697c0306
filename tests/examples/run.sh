#!/bin/bash
# run.sh TIDE SOURCE: every example is run: configurations are checked by tide itself, scripts by their shells, user data
# is rendered, and the README's configuration is checked too. A file that no line here knows is a failure.
set -u
tide=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() { echo "FAILED: $*"; failed=1; }

# A batch system's commands and an identity, so that `config check` has something to find.
mkdir "$work/bin"
for program in squeue scontrol sinfo qstat pbsnodes qmgr condor_q condor_status condor_drain condor_off condor_on qhost qconf qmod; do printf '#!/bin/sh\nexit 1\n' >"$work/bin/$program" && chmod +x "$work/bin/$program"; done
export PATH=$work/bin:$PATH HOME=$work
mkdir "$work/.aws" && printf '[tide]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = example\n' >"$work/.aws/credentials"
chmod 600 "$work/.aws/credentials"
mkdir -p "$work/.config/openstack"
(umask 077; printf 'clouds: {nectar: {auth: {auth_url: "https://k.example", application_credential_id: a, application_credential_secret: s}}}\n' >"$work/.config/openstack/clouds.yaml")
unset XDG_CONFIG_HOME OS_CLOUD OS_CLIENT_CONFIG_FILE

check() { # FILE: no complaint but for what only a real machine has
  "$tide" config check -c "$1" >"$work/out" 2>&1 && return
  grep -q 'this head has no identity' "$work/out" && [ "$(grep -c 'error:' "$work/out")" = 1 ] && return
  fail "config check of $2"
  sed 's/^/    /' "$work/out"
}

while read -r path; do
  case $path in
  examples/config/*.toml | examples/demo/tide.toml)
    mkdir -p "$work/examples/config" "$work/examples/user-data"
    cp "$source"/examples/user-data/* "$work/examples/user-data/"
    sed "s|/usr/local/share/tide|$source|; s|/tmp/tide-demo|$work|g" "$source/$path" >"$work/examples/config/$(basename "$path")"
    chmod 600 "$work/examples/config/$(basename "$path")"
    check "$work/examples/config/$(basename "$path")" "$path"
    ;;
  examples/*.sh | examples/local/*) bash -n "$source/$path" || fail "$path is no bash" ;;
  examples/agent/spot-notice) sh -n "$source/$path" || fail "$path is no sh" ;; # run by agent.sh
  examples/agent/*.service) grep -q '^ExecStart=/usr/local/sbin/spot-notice ' "$source/$path" || fail "$path" ;;
  examples/cron/*) grep -qE '^\* \* \* \* \* root tide scale-once' "$source/$path" || fail "$path runs no pass" ;;
  examples/systemd/tide@.service)
    # The daemon's own command line, as systemd would run it: help is all that it prints.
    command=$(sed -n 's|^ExecStart=/usr/local/bin/tide ||p' "$source/$path")
    # shellcheck disable=SC2086
    "$tide" ${command//%i/physics} --help | grep -q 'tide daemon' || fail "$path runs no daemon"
    grep -q '^KillMode=process' "$source/$path" && grep -q '^Type=notify' "$source/$path" || fail "$path"
    ;;
  examples/sysusers/tide.conf) grep -qE '^u tide - "[^"]+" /var/lib/tide$' "$source/$path" || fail "$path" ;;
  examples/tmpfiles/tide.conf)
    [ -z "$(grep -vE '^#|^d /[a-z/]+ +0750 (root|tide) tide -$' "$source/$path")" ] || fail "$path"
    ;;
  examples/logrotate/tide)
    ! command -v logrotate >/dev/null || (cp "$source/$path" "$work/logrotate" && chmod 644 "$work/logrotate" &&
      logrotate -d -s "$work/logrotate.state" "$work/logrotate" 2>&1 | grep -qi 'error:' && exit 1; exit 0) || fail "$path"
    ;;
  examples/systemd/*.service) grep -q 'KillMode=process' "$source/$path" && grep -q 'tide scale-once' "$source/$path" || fail "$path" ;;
  examples/systemd/*.timer) grep -q '^\[Timer\]' "$source/$path" || fail "$path" ;;
  examples/prices/*) ;; # read by config/slurm-ec2-spot.toml
  examples/iam/head*.json) ;; # check_iam.py below, tests/real/moto/test_iam.sh
  *) fail "$path is run by no test" ;;
  esac
done < <(cd "$source" && find examples -type f | LC_ALL=C sort)

sed -n '/^```toml$/,/^```$/{/^```/d;p}' "$source/README.md" | sed '/^user_data/d' >"$work/readme.toml"
chmod 600 "$work/readme.toml"
printf '[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = example\n' >>"$work/.aws/credentials"
check "$work/readme.toml" README.md

/usr/bin/python3 "$source/tests/examples/check_iam.py" "$source" || fail "examples/iam"

exit $failed
