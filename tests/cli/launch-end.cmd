# exit 0: a machine of the local cloud is launched, shown by completion, and ended by its ID
tide launch small >/dev/null || exit
id=$(tide __complete -- terminate '') || exit
[ -n "$id" ] || { echo "no machine to complete"; exit 1; }
tide terminate "$id" --yes --timeout 40s >out 2>err || { cat out err; exit 1; }
tide info --section workers
