# exit 0: tide reset --help
tide reset --help
