# exit 0: real bash, zsh and fish offer commands, options, values, files, and this cluster's pools, nodes and machines
tide launch small >/dev/null 2>&1 || exit
touch "$WORK/only-this.json"
for shell in bash zsh fish; do
  echo "== $shell"
  python3 "$here/shell_completion.py" "$shell" "$tide_binary" "$source_dir/completions" 'tide lau' 'tide k' 'tide config ' 'tide kill-node --fo' \
    'tide launch --co' 'tide info -o ' 'tide info --output=' 'tide info --output=j' 'tide launch ' 'tide explain ' 'tide kill-node ' 'tide terminate ' \
    'tide -c tide.toml terminate ' 'tide --config=/nonexistent terminate ' 'tide info --save-snapshot only' 'tide scale-once '
done
