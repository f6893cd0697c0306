# exit 0: a page of the manual is source for man -l
tide man kill-node | sed -n '1,6{s|"[0-9-]*"|"DATE"|;p}' && tide man tide.toml | grep -c "^\.SH \["
