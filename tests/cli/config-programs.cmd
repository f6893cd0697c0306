# exit 3: programs that the file names and that cannot be run: of a hook, of a local cloud
touch plain
printf '[hooks]\nnode_added = ["%s/plain"]\n' "$WORK" >>tide.toml
tide config check
echo "hook: exit $?"
sed -i '/hooks/d; /node_added/d' tide.toml
sed -i "s|^command = .*|command = [\"$WORK/absent\"]|" tide.toml
tide config check
