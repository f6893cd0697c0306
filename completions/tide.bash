# Completion for bash: the binary itself says what may come next, one a line; ':files' means a file.
_tide() {
  local -a words=()
  local at part glue= typed prefix line
  # bash splits at '=' and ':'; what belongs together is put together again.
  for ((at = 1; at <= COMP_CWORD; ++at)); do
    part=${COMP_WORDS[at]}
    if ((${#words[@]})) && [[ $glue || $part =~ ^[=:]+$ ]]; then
      words[${#words[@]} - 1]+=$part
    else
      words+=("$part")
    fi
    [[ $part =~ ^[=:]+$ ]] && glue=yes || glue=
  done
  typed=${words[${#words[@]} - 1]}
  [[ $typed == *[=:]* ]] && prefix=${typed%"${typed##*[=:]}"} || prefix=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default
    else
      COMPREPLY+=("${line#"$prefix"}")
    fi
  done < <("${COMP_WORDS[0]}" __complete -- "${words[@]}" 2>/dev/null)
}
complete -F _tide tide
