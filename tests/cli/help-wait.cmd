# exit 0: help of wait
tide wait --help
