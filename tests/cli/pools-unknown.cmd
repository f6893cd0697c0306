# exit 2: an unknown pool, with the nearest
tide pools smal
