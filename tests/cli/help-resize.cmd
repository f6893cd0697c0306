# exit 0: help of resize
tide resize --help
