# exit 0: keys of one table
tide config keys scale
