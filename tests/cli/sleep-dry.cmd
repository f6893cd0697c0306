# exit 0: only says what it would do
tide sleep --until 2099-01-01T00:00:00Z --dry-run || exit
tide info --section sleep --json
