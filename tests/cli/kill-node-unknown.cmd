# exit 2: an unknown node, as JSON
tide kill-node wn7 --yes --json
