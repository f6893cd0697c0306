# exit 2: a launch does not wait; the hint names what does
tide launch small --wait
