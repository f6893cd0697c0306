# exit 0: the doctor on a good place: what is fine, and what is not but does no harm
mkdir -p etc && cp tide.toml etc/ && chmod 0644 etc/tide.toml
tide -c etc/tide.toml doctor | sed -E 's/^(ok    (config|identity|state|disk)).*/\1 .../; s/('localhost' is) .*/\1 .../'
code=${PIPESTATUS[0]}
tide -c etc/tide.toml doctor --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["schema"], d["exit"], sorted({r["level"] for r in d["checks"]}), sorted(d["checks"][0]))'
exit "$code"
