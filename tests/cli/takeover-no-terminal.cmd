# exit 5: taking over asks, and there is nobody
tide takeover --from 0123456789abcdef 2>err
code=$?
grep '^hint' err >&2
exit $code
