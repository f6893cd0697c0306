# exit 0: what a person did, as a table and as JSON
tide reset small || exit
tide events
tide events --json --kind reset
tide events --node nobody
