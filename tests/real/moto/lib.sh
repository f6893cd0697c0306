# What the stories of tide on moto share; sourced with the build folder as $1. Beside what begin.sh gives, moto behind the strict gate
# is up in $work/moto and at $endpoint.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../begin.sh"
end_rig() { "$here/moto.sh" down "$work/moto" >/dev/null || true; }
rig_up "$work/moto.log" "$here/moto.sh" up "$work/moto"
endpoint=$(cat "$work/moto/endpoint")
