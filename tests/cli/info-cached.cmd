# exit 0: the last pass's reading, with Slurm away and no cloud asked; before the first pass there is none
tide info --cached
echo "exit $?"
slurm waiting
tide scale-once -q >/dev/null
slurm_fails "gone"
tide info --cached --section summary
tide info --cached -v --section sources
