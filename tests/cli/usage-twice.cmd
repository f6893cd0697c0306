# exit 2: a value twice
tide -c a info -c b
