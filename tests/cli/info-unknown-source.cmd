# exit 9: whether a name is known cannot be said while Slurm does not answer
slurm_fails "gone"
tide info n1 2>&1 | tail -3
tide info n1 2>/dev/null
