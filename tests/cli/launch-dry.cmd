# exit 0: a launch that is only told
tide launch small -n 2 --dry-run
