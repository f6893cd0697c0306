# exit 0: one placeholder for each pool
tide placeholders && cat slurm-log
