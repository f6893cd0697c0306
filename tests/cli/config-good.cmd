# exit 0: a good configuration
tide config check
