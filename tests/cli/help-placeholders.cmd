# exit 0: tide placeholders --help
tide placeholders --help
