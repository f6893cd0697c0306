# exit 2: an unknown pool
tide launch smal
