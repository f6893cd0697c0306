# exit 0: help of sleep
tide sleep --help
