# exit 2: an unknown pool
tide reset larg
