# exit 0: nothing suspect: nothing to do
tide accept-reading
