# exit 0: a machine that tide let go of runs on and is nobody's; adopted, it is one of the pool again; who said so is kept
tide launch small >/dev/null 2>&1 || exit
node=$CLUSTER-small-0001
slurm_joined "$node"
tide disown "$node" --dry-run || exit
tide disown "$node" --yes || exit
tide pools -o csv | cut -d, -f1-5
tide info --section workers -o csv | cut -d, -f1,4,5,8
tide adopt "$node" --pool small --dry-run || exit
tide adopt "$(tide __complete -- terminate '')$(basename "$(ls state/local/*.log)" .log)" --pool small --json >adopted || exit
/usr/bin/python3 -c 'import json; answer = json.load(open("adopted")); print(answer["schema"], answer["exit"], [a["action"] for a in answer["actions"]])'
tide info --section workers -o csv | cut -d, -f1,4,5,8
tide adopt "$node" --pool small # nothing to do
tide events --kind adopt
tide events --kind disown
slurm_left
