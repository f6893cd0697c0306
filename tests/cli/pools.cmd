# exit 0: pools with what they may still launch; asleep, none may
tide pools
tide sleep --for 1h -q
tide pools small -o csv | cut -d, -f1-11
