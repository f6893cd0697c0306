# Servers that print "listening on HOST:PORT" once they are up; sourced where $work is set.
servers=()
serve() { # COMMAND...: sets $server to HOST:PORT
  : >"$work/server.log"
  "$@" >"$work/server.log" 2>"$work/server.err" </dev/null &
  servers+=($!)
  for _ in $(seq 200); do
    grep -q '^listening on ' "$work/server.log" && break
    sleep 0.1
  done
  server=$(sed -n 's/^listening on //p' "$work/server.log")
  [ -n "$server" ] || { cat "$work/server.err"; exit 1; }
}
end_servers() {
  local pid
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
  servers=()
}
free_ports() { # FIRST: prints the first port from there on that is free together with the next
  local port
  for port in $(seq "$1" 2 31990); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && ! (exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}
