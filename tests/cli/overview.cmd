# exit 0: tide help: what tide is, and all commands
tide help
