# exit 2: usage errors obey --json
tide info --jsn --json
