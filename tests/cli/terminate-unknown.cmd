# exit 2: an unknown ID
tide terminate nothing --yes
