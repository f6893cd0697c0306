# exit 0: waiting jobs of many shapes
slurm waiting
tide info --section jobs | cut -c 1-78
