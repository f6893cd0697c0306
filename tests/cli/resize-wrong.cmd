# exit 2: bounds that make no sense, and a pool that is not there
tide resize small
tide resize small --min 3
tide resize small --min -2
tide resize small --reset --max 1
tide resize smal --max 1
