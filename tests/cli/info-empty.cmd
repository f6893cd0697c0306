# exit 9: squeue prints nothing with exit code 0: that proves no empty queue
: >nothing
slurm_says nothing
tide info --section alarms
