# exit 9: nodes in TORQUE's form and addresses, whole or not at all
slurm mixed
tide info --nodes-file
tide info --addresses
slurm_fails "gone"
tide info --nodes-file
