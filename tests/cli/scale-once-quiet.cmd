# exit 9: cron's peace: a new problem at once, not again, another one at once, and one line when it is over
step() { echo "$1"; echo "$1" >&2; }
tide scale-once -q || exit
step "-- Slurm fails"
slurm_fails "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
tide scale-once -q
echo "exit $?"
step "-- again"
tide scale-once -q
echo "exit $?"
step "-- over"
rm "$WORK/slurm-fails"
for pass in 1 2 3 4; do tide scale-once -q || exit; done
step "-- and comes back"
slurm_fails "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
tide scale-once -q
