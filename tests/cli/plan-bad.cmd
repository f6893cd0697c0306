# exit 2: what is no plan is not applied
echo '{"schema": "tide.info/1"}' >"$WORK/info.json"
tide apply "$WORK/info.json"
echo "apply: exit $?"
tide apply "$WORK/absent.plan"
echo "absent: exit $?"
slurm_fails "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
tide plan --out "$WORK/never.plan" >/dev/null
echo "plan: exit $?"
[ -e "$WORK/never.plan" ] && echo "a file was written"
tide plan --expires soon
