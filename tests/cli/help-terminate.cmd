# exit 0: tide terminate --help
tide terminate --help
