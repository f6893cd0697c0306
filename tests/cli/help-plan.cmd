# exit 0: help of plan
tide plan --help
