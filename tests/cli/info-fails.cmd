# exit 9: Slurm does not answer
slurm_fails "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
tide info --section pools
