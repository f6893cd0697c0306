# exit 0: nothing is counted before the first machine; the price is counted by pool and day afterwards
tide cost
slurm waiting
tide scale-once -q >/dev/null
sleep 1.2
tide scale-once -q >/dev/null
tide cost -o csv | sed -E 's/^[0-9]{4}-[0-9]{2}-[0-9]{2},/DAY,/; s/,[0-9]+,([0-9]+\.[0-9]+),[0-9.]+,/,SECONDS,HOURS,MONEY,/'
