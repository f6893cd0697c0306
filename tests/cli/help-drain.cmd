# exit 0: help of drain
tide drain --help
