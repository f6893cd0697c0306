# exit 0: tide info --help
tide info --help
