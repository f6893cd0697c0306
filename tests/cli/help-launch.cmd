# exit 0: tide launch --help
tide launch --help
