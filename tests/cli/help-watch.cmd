# exit 0: tide watch --help
tide watch --help
