# exit 0: help of cost set
tide cost set --help
