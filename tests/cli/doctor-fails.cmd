# exit 9: a batch system that does not answer decides; only what is not fine is shown with -q
slurm_fails "slurm_load_ctl_conf error: Unable to contact slurm controller (connect failure)"
tide doctor -q
