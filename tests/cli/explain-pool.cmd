# exit 0: the chain by which a pool's decision came about
slurm waiting
tide explain small | sed -n 1,8p
