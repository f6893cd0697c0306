# exit 0: tide accept-reading --help
tide accept-reading --help
