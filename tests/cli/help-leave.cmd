# exit 0: help of leave
tide leave --help
