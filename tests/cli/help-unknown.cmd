# exit 2: help on what is no command names the nearest
tide help lanch
