# exit 0: all that is known of a node and of a job, from both sides
slurm mixed
node=$(tide info --section workers -o csv | sed -n 2s/,.*//p)
tide info "$node" | sed -E 's/\([^)]*\)/(AGO)/g'
