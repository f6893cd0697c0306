# exit 0: the shim for bash asks the binary for the word under the cursor
. "$source_dir/completions/tide.bash"
offer() { COMP_WORDS=("$tide_binary" "$@"); COMP_CWORD=$#; _tide; printf '%s\n' "-- $*" "${COMPREPLY[@]}"; }
offer scale
offer launch ''
offer kill-node --f
