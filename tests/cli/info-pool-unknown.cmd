# exit 2: an unknown pool
tide info --pool smal
