# exit 9: what cannot be read is neither there nor gone; nothing to wait for is a usage error
tide wait --for soon
echo "wait: exit $?"
slurm_fails "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
tide wait --for empty --timeout 1s
