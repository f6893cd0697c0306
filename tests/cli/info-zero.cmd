# exit 0: no node, no job: nothing to show is no error
tide info
