# exit 2: a snapshot that is not there
tide explain --snapshot "$WORK/nope"
