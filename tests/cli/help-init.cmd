# exit 0: help of init
tide init --help
