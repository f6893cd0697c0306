# exit 9: a pass without a readable queue launches nothing
slurm_fails "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
tide scale-once >/dev/null
code=$?
[ ! -e slurm-log ] && exit $code
