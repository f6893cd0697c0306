# exit 9: something else answers in the place of squeue
echo '<html><body>It works!</body></html>' >page
slurm_says page
tide info --section alarms
