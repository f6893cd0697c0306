# exit 0: the version as text and as JSON
tide --version && tide version && tide version --json
