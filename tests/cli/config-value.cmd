# exit 3: a value that this version does not obey yet
sed -i 's/^batch = .*/batch = "exec"/' tide.toml
tide config check
