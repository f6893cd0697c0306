# exit 0: help of daemon
tide daemon --help
