# exit 3: an unknown key: file, line, column and the nearest key
sed -i 's/^max_nodes/max_node/' tide.toml
tide config check
