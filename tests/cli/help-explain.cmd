# exit 0: tide explain --help
tide explain --help
