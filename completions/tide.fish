# Completion for fish: the binary itself says what may come next, one a line; ':files' means a file.
function __tide_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l binary $before[1]
    set -e before[1]
    set -l found ($binary __complete -- $before "$word" 2>/dev/null)
    if test "$found" = :files
        __fish_complete_path "$word"
    else
        printf '%s\n' $found
    end
end
complete -c tide -f -a '(__tide_complete)'
