# exit 0: a pass without its second half changes nothing
slurm waiting
tide scale-once --dry-run | sed -n 1,2p
ls -A state
[ ! -e slurm-log ]
