# exit 0: tide scale-once --help
tide scale-once --help
