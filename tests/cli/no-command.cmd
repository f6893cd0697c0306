# exit 2: without a command
tide
