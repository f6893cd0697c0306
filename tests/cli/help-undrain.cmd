# exit 0: help of undrain
tide undrain --help
