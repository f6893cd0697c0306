# exit 0: completion: commands, options, pools and values, from the words typed so far
show() { echo "-- $*"; tide __complete -- "$@"; }
show l
show config ''
show launch ''
show launch --c
show info --y
show kill-node --y
show --output ''
show info --output=j
show -c /nonexistent launch ''
show info --save-snapshot ''
show info --save-snapshot=/tmp/x
show --config ''
show nonsense ''
