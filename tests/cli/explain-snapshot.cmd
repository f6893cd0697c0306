# exit 0: a saved snapshot explains itself the same twice, without servers
slurm waiting
tide info --save-snapshot now.json >/dev/null
slurm_fails "gone"
tide explain --snapshot now.json --json >one
tide explain --snapshot now.json --json >two
cmp one two && tide explain --snapshot now.json small | sed -n '/^ACTION/,+1p'
