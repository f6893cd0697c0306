# exit 2: a daemon acts, so it has no dry run; the hint names what has
tide daemon --dry-run
