# exit 5: without a terminal and without --yes nothing is ended
tide launch small >/dev/null 2>&1 || exit 1
tide terminate "$(tide __complete -- terminate '')" 2>err
code=$?
grep '^hint' err >&2
[ -n "$(tide __complete -- terminate '')" ] || exit 1
exit $code
