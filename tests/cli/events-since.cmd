# exit 2: neither a span nor a time
tide events --since yesterday-ish
