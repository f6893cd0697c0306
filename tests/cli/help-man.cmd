# exit 0: tide man --help
tide man --help
