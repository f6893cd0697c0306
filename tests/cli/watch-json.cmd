# exit 2: watch has no JSON
tide watch --json
