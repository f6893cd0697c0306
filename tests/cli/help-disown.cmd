# exit 0: help of disown
tide disown --help
