# exit 0: a site's own programs are told; what others may write is refused before anything is done
cat >"$WORK/told" <<'END'
#!/bin/sh
echo "$TIDE_HOOK $TIDE_NODE $TIDE_POOL" >>"$TIDE_TOLD_FILE"
END
sed -i "s|\$TIDE_TOLD_FILE|$WORK/told.log|" "$WORK/told"
chmod 775 "$WORK/told"
printf '[hooks]\nnode_added = ["%s"]\ninstance_started = ["%s", "x"]\nbefore_end = ["relative"]\n' "$WORK/told" "$WORK/told" >>tide.toml
tide scale-once
echo "relative: exit $?"
sed -i '/relative/d' tide.toml
slurm waiting
tide scale-once
echo "writable: exit $?"
chmod 755 "$WORK/told"
tide scale-once >/dev/null || exit
cat "$WORK/told.log"
