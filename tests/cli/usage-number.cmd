# exit 2: a negative number
tide launch small -n -3
