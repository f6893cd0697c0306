# exit 0: help of events
tide events --help
