# exit 2: a key that cannot be tried
tide explain --what-if max_node=1
