# exit 1: help and version that cannot be written are no success, by whatever word they are asked for
tide help >/dev/full
echo "help: exit $?"
tide --version >/dev/full
echo "--version: exit $?"
tide info --help >/dev/full
