# exit 0: --color always has colours though it is no terminal; never, and by itself, none
slurm mixed
tide info --color always --section workers 2>/dev/null | sed 's/\x1b/ESC/g' | head -2
tide --color always terminate nothing --yes 2>&1 >/dev/null | sed 's/\x1b/ESC/g' | tail -2
for when in auto never; do
  tide info --color $when 2>&1 | grep -c "$(printf '\033')"
done
exit 0
