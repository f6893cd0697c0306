# exit 3: no configuration anywhere
unset TIDE_CONFIG
[ ! -e /etc/tide/tide.toml ] || { echo "this test needs a machine without /etc/tide/tide.toml"; exit 99; }
tide info
