# exit 3: not TOML
echo '[pools.small' >>tide.toml
tide config check
