# exit 2: an unknown command
tide scale-one
