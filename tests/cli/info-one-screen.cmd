# exit 0: everything on one screen
slurm mixed
tide info | cut -c 1-110
