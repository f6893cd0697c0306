# exit 0: help of doctor
tide doctor --help
