# exit 0: tide help --help
tide help --help
