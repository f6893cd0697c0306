# exit 2: a time that is over
tide sleep --until 2020-01-01T00:00:00Z
