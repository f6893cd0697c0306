# exit 0: a pool that is not stopped: nothing to do
tide reset small
