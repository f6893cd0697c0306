# exit 2: a time that is none
tide sleep --until soon
