# exit 0: tide pools --help
tide pools --help
