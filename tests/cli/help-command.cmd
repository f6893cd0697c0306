# exit 0: help COMMAND is COMMAND --help; a group shows its commands
tide help launch | diff - <(tide launch --help) && tide help config | sed -n '/^Set up/,/^$/p'
