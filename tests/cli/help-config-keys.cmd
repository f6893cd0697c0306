# exit 0: tide config keys --help
tide config keys --help
