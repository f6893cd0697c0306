# exit 0: machines run on with their jobs, and are nobody's
tide launch small >/dev/null 2>&1 || exit 1
node=$CLUSTER-small-0001
slurm_joined "$node"
tide leave --keep --yes || exit
tide info --section workers -o csv | cut -d, -f1,4,5,8
tide wake -q || exit
tide adopt "$node" --pool small -q || exit
slurm_left
