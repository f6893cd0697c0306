# exit 0: tide kill-node --help
tide kill-node --help
