# exit 2: --since that is no time
tide cost --since yesterday
