# exit 9: a batch system that does not answer in its time is one that cannot be read, and nobody knows whose jobs would die
sed -i 's/^\[batch\]$/&\ntimeout = "1s"/' tide.toml
tide launch small >launched 2>&1 || cat launched
touch slurm-hangs
tide kill-node "$CLUSTER-small-0001" --force
echo "kill-node: $?"
tide placeholders
echo "placeholders: $?"
sed -i 's/^timeout = "1s"/timeout = "60s"/' tide.toml
begin=$SECONDS
tide info --timeout 1s >/dev/null
echo "info: $? within ten seconds: $((SECONDS - begin < 10))"
sed -i 's/^timeout = "60s"/timeout = "1s"/' tide.toml
code=0
tide doctor -q || code=$?
rm slurm-hangs
exit $code
