# exit 0: what another setting would change
slurm waiting
tide explain --what-if max_nodes=1 | sed -n 1,3p
