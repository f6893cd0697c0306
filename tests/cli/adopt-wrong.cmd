# exit 5: a pool and a machine that are unknown, a pattern, no node yet, no room in a cap; and an end that nobody confirmed
tide adopt nothing --pool large
echo "pool: exit $?"
tide adopt nothing --pool small
echo "machine: exit $?"
tide adopt 'all' --pool small
echo "pattern: exit $?"
tide adopt nothing
echo "no pool: exit $?"
tide disown nothing --yes
echo "disown: exit $?"
tide launch small >/dev/null 2>&1 || exit 1
node=$CLUSTER-small-0001
tide disown "$(tide __complete -- terminate '')" --yes
echo "not joined: exit $?"
slurm_joined "$node"
tide disown "$node"
echo "not confirmed: exit $?"
tide disown "$node" --yes >/dev/null 2>&1 || exit 1
sed -i 's/^max_nodes = 4/max_nodes = 0/' tide.toml
tide adopt "$node" --pool small
code=$?
sed -i 's/^max_nodes = 0/max_nodes = 4/' tide.toml
tide adopt "$node" --pool small >/dev/null 2>&1 || exit 1
slurm_left
exit $code
