# exit 2: neither a number nor a share
tide drain-all --max-unavailable many
