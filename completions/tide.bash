# Completion for bash: the binary itself says what may come next.
_tide() {
  local word
  local -a words
  # bash splits at '=' and ':'; what belongs together is put together again.
  if declare -F _get_comp_words_by_ref >/dev/null; then
    local cur prev cword
    _get_comp_words_by_ref -n =: cur prev words cword
    words=("${words[@]:1:cword}")
    word=$cur
  else
    words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    word=${COMP_WORDS[COMP_CWORD]}
  fi
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <("${COMP_WORDS[0]}" __complete -- "${words[@]}" 2>/dev/null)
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$word"; fi
}
# Nothing to offer means files.
complete -o default -F _tide tide
