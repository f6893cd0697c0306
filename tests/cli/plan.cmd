# exit 4: a plan is written for its owner only, refused when the world changed, and done when it did not (4: max keeps some jobs waiting)
slurm waiting
tide plan --out "$WORK/tonight.plan" || exit
stat -c %a "$WORK/tonight.plan"
cat "$WORK/tonight.plan"
slurm zero
tide apply "$WORK/tonight.plan"
echo "apply in another world: exit $?"
slurm waiting
tide apply --dry-run "$WORK/tonight.plan" >/dev/null || exit
tide events
tide apply "$WORK/tonight.plan"
code=$?
tide apply "$WORK/tonight.plan" >/dev/null 2>&1
echo "apply again: exit $?"
exit $code
