# exit 0: tide config check --help
tide config check --help
