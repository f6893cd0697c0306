# exit 3: without a configuration nothing else can be looked at
tide -c "$WORK/absent.toml" doctor
