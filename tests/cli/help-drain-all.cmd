# exit 0: help of drain-all
tide drain-all --help
