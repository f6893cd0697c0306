# exit 0: machines end, placeholders go, what remains is listed; said again it has nothing left to do
tide leave --drain --keep
echo "both: exit $?"
tide launch small >/dev/null 2>&1 || exit 1
tide leave
echo "not confirmed: exit $?"
tide leave --dry-run | sed -E 's|^(daemon\|timer\|cron) .*||' || exit 1
tide leave --wait --yes || exit 1
tide info --section sleep
tide leave --yes --json >left || exit
/usr/bin/python3 -c 'import json; answer = json.load(open("left")); print(answer["schema"], answer["actions"], [row["what"] for row in answer["remains"]])'
tide events --kind sleep
