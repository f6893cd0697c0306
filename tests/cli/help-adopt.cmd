# exit 0: help of adopt
tide adopt --help
