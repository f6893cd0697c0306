# exit 0: help of apply
tide apply --help
