#!/bin/bash
# man_pages.sh TIDE   every page of the manual passes mandoc's lint and groff's warnings, and shows no markup to a reader.
set -eu
tide=$(realpath "${1:?usage: man_pages.sh TIDE}")
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d /tmp/tide-man-XXXXXX)
trap 'rm -rf "$place"' EXIT
bad=0 pages=0
for prose in "$source_dir"/man/*.md; do
  page=$(basename "$prose" .md)
  "$tide" man "$page" >"$place/$page" || exit
  mandoc -Tlint -Wwarning "$place/$page" || bad=1
  LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l "$place/$page" >"$place/shown" 2>"$place/said" || bad=1
  [ ! -s "$place/said" ] || { echo "man --warnings on '$page':" && cat "$place/said" && bad=1; }
  ! grep -nE '`|\\f[BIR]|\*\*' "$place/shown" || { echo "markup is shown by '$page'" && bad=1; }
  pages=$((pages + 1))
done
[ $bad = 0 ] && echo "$pages pages"
