# exit 0: what tide ended is gone: nothing to do
tide launch small >/dev/null 2>&1 || exit 1
id=$(tide __complete -- terminate '')
[ -n "$id" ] || exit 1
for _ in 1 2 3 4 5 6 7 8; do
  tide terminate "$id" --yes --timeout 20s >/dev/null 2>&1
  tide __complete -- terminate '' | grep -q . || break
done
tide terminate "$id" --yes 2>err
code=$?
sed "s/$id/ID/g" err >&2
exit $code
