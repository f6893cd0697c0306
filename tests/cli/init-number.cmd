# exit 2: an answer that is no number or no size names its option, not a line of a file that nobody has seen
tide init -q --defaults -c new.toml --name demo --cloud local --command /bin/true --memory lots
echo "memory: exit $?"
tide init -q --defaults -c new.toml --name demo --cloud local --command /bin/true --slots abc
