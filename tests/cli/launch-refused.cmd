# exit 5: more than max_nodes is refused
sed -i 's/^max_nodes.*/max_nodes = 0/' tide.toml
tide launch small
