# exit 0: tide version --help
tide version --help
