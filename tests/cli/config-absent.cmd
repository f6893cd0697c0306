# exit 3: the named configuration is not there; as JSON
tide -c "$WORK/absent.toml" info --json
