# exit 0: set, replaced, shown, and taken back; each says what was before; nothing starts meanwhile
tide sleep --for 2h --reason "new image" || exit
tide sleep --reason longer || exit
tide info --section sleep --section pools
tide launch small
echo "launch: exit $?"
tide wake || exit
tide wake || exit
tide events --kind sleep
tide events --kind wake -n 1
