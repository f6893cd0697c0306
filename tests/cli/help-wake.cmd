# exit 0: help of wake
tide wake --help
