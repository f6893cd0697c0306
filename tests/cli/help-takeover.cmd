# exit 0: tide takeover --help
tide takeover --help
