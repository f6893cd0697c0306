# exit 2: a head that no machine names
tide takeover --from 0123456789abcde --yes
