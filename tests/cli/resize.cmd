# exit 0: other bounds than the configured, until these change; each says what was before
tide resize small --min 1 --max 2 || exit
tide resize small --max 1 || exit
tide info --section pools || exit
tide scale-once --dry-run || exit
sed -i 's/^max = 2/max = 3/' "$WORK/tide.toml"
tide resize small --reset || exit
tide events --kind resize
