# exit 2: an unknown node
tide drain wn7
