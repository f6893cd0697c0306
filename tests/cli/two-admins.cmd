# exit 0: two admins never undo each other silently: each is told what was said before, and both acts are kept with who said them
USER=ann tide sleep --for 2h --reason "new image" || exit
USER=bob tide wake || exit
USER=ann tide sleep -q || exit
USER=bob tide sleep --for 1h -q & # at once
USER=ann tide wake -q &
wait
tide wake -q
USER=ann tide launch small >/dev/null 2>&1 || exit
node=$CLUSTER-small-0001
slurm_joined "$node"
USER=ann tide drain "$node" --reason "bad disk" --no-wait >/dev/null 2>&1
sed -i -E "s/State=IDLE\+CLOUD/&+DRAIN/; s/^(NodeName=.*)/\1 Reason=tide: keep ann: bad disk [root@$(date +%s)]/" fixtures/joined-nodes.txt
tide drain "$node" --no-wait >/dev/null 2>&1 # ann's hold is seen
USER=bob tide kill-node "$node" --yes --no-wait
USER=ann tide undrain "$node" --no-wait
echo "undrain: exit $?"
tide events -o csv | cut -d, -f2,3,7- | grep -E 'ann|bob' | sed -E 's/[0-9]{4}-[0-9-]+T[0-9:]+Z/TIME/g' | sort
slurm_left
