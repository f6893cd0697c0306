# exit 0: tide cost --help
tide cost --help
