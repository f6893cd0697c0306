# exit 2: a missing argument
tide launch
