#!/bin/bash
# install.sh BUILD_DIR   installs below a DESTDIR and looks whether all of it is there, works, and stays within.
set -eu
build=$(realpath "${1:?build directory}")
place=$(mktemp -d /tmp/tide-install-XXXXXX)
trap 'rm -rf "$place"' EXIT
DESTDIR=$place cmake --install "$build" --prefix /opt/tide >"$place/log" 2>&1 || { cat "$place/log"; exit 1; }
root=$place/opt/tide
for file in bin/tide share/man/man1/tide.1 share/man/man5/tide.toml.5 share/tide/examples/local/sleep-node \
  share/bash-completion/completions/tide share/zsh/site-functions/_tide share/fish/vendor_completions.d/tide.fish \
  include/tide/core/plan.hpp; do
  [ -s "$root/$file" ] || { echo "'$file' was not installed"; exit 1; }
done
grep -q '^ExecStart=/opt/tide/bin/tide -c /etc/tide/%i.toml daemon ' "$root/lib/systemd/system/tide@.service" || { echo "the unit names another binary"; exit 1; }
[ -x "$root/share/tide/examples/local/sleep-node" ] || { echo "an example lost its x"; exit 1; }
"$root/bin/tide" version
for command in $("$root/bin/tide" __complete -- ''); do
  ls "$root/share/man/man1/tide-$command"*.1 >/dev/null || { echo "'$command' has no page"; exit 1; }
done
[ -z "$(find "$root" -name '*.cpp' -print -quit)" ] || { echo "sources were installed"; exit 1; }
