# exit 0: into a pipe, blocks of plain lines with all parts
slurm waiting
tide watch --times 2 -n 1 | cut -c 1-60 | sed -E 's/[0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/; s/(ok|here) [0-9]+s/\1 AGE/g'
