# exit 2: a name that is not known, with the nearest that is
slurm mixed
node=$(tide info --section workers -o csv | sed -n 2s/,.*//p)
tide info "${node}x"
