# What stories of tide against real servers share; sourced by their lib.sh, which sets $work and $build, and may set $pause.
failed=0

fail() { echo "FAILED: $*"; failed=1; }
check() { # TEXT COMMAND...
  local text=$1
  shift
  if "$@"; then echo "ok: $text"; else fail "$text ($*)"; fi
}
same() { # TEXT WANTED GOT
  if [ "$2" = "$3" ]; then echo "ok: $1"; else fail "$1: wanted '$2', got '$3'"; fi
}
exits() { # CODE COMMAND...: the command's exit code; its output goes to $work/last.{out,err}
  local want=$1 code=0
  shift
  "$@" >"$work/last.out" 2>"$work/last.err" </dev/null || code=$?
  [ "$code" = "$want" ] && return 0
  fail "'$*' exits $code, wanted $want"
  sed 's/^/    /' "$work/last.out" "$work/last.err" | head -30
  return 0
}
says() { # PATTERN: in the last command's output
  if grep -qE -- "$1" "$work/last.out" "$work/last.err"; then echo "ok: says '$1'"; else fail "does not say '$1'"; cat "$work/last.out" "$work/last.err" | sed 's/^/    /' | head -20; fi
}
set_key() { sed -i "0,/^$1 = .*/s||$1 = $2|" "$TIDE_CONFIG"; } # KEY VALUE: changes the first line that sets it

rig_up() { # LOG COMMAND...: starts real servers; where that is skipped (77) so is the test, told by the log's last line
  local log=$1 code=0
  shift
  "$@" >"$log" 2>&1 || code=$?
  [ $code = 0 ] || { tail -n 20 "$log"; exit $code; }
}
processes_with() { grep -lzxF "$1" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true; } # NAME=VALUE: their PIDs
end_machines() { # of the local cloud, with node_processes as the test finds them: as it ends them, and what is left after 10 s
  local pid
  for pid in $(node_processes); do
    pid=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status" 2>/dev/null)
    [ "$(cat "/proc/${pid:-0}/comm" 2>/dev/null)" = tide-local ] && kill -TERM "$pid"
  done
  for _ in $(seq 100); do [ -n "$(node_processes)" ] || break; sleep 0.1; done
  for pid in $(node_processes); do kill -KILL "$pid" 2>/dev/null; done
}
leave() { # EXIT_CODE: ends a test; what it kept is there to be looked at unless all went well or it was skipped
  [ "$1" = 0 ] || [ "$1" = 77 ] || failed=1
  [ $failed = 1 ] || { rm -rf --one-file-system "$work"; exit "$1"; }
  echo "see $work"
  tail -n 30 "$work/passes.log" 2>/dev/null
  exit 1
}

tide() { "$build/tide" "$@"; }
pass() { tide scale-once >>"$work/passes.log" 2>&1 || true; }
passes() { local n; for n in $(seq "$1"); do pass; sleep "${2:-${pause:-1}}"; done; }
until_true() { # SECONDS COMMAND...: with a pass before each look; of a quiet machine: a busy one gets twice as long
  local end=$((SECONDS + 2 * $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    pass
    sleep "${pause:-1}"
  done
}
info() { tide info --json 2>/dev/null; }
query() { info | python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }
phases() { query "' '.join(sorted(w['phase'] for w in d['workers'] if w['ours']))"; }
phase_of() { query "' '.join(w['phase'] for w in d['workers'] if w['node'] == '$1')"; }
machines() { query "sum(1 for w in d['workers'] if w['ours'] and w['instance'])"; }
pools() { query "' '.join(sorted(w['pool'] for w in d['workers'] if w['ours'] and w['instance']))"; } # of the machines
machines_are() { [ "$(machines)" = "$1" ]; }
pools_are() { [ "$(pools)" = "$1" ]; }
