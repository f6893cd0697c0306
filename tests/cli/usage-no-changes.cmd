# exit 2: --dry-run where nothing changes
tide info --dry-run
