# exit 2: an unknown option
tide kill-node wn1 --froce
