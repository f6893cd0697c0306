# exit 2: a question without an answer and without a proposal names its option
tide init -q --defaults -c new.toml --batch slurm --cloud ec2
