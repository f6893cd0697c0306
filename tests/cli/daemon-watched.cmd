# exit 0: told to stop in the middle of a pass, it finishes that and begins no other; systemd is told all the while
slurm waiting
mkdir real && mv bin/squeue real/squeue
cat >bin/squeue <<END
#!/bin/sh
while [ -e $WORK/slow ]; do sleep 0.1; done
exec $WORK/real/squeue "\$@"
END
chmod +x bin/squeue
cat >listen.py <<'END'
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("notify")
print("listening", flush=True)
while True:
    said = listener.recv(1000).decode().split("\n")
    for line in said:
        print(line, flush=True)
    if "STOPPING=1" in said:
        sys.exit()
END
/usr/bin/python3 listen.py >notified &
listener=$!
seen() { for _ in $(seq 300); do grep -qsE "$1" notified out err && return; sleep 0.1; done; echo "never: $1"; }
seen '^listening'
NOTIFY_SOCKET=$WORK/notify WATCHDOG_USEC=2000000 "$tide_binary" daemon --every 1h >out 2>err &
daemon=$!
seen '^READY=1'
seen '^launch'
alive=$(grep -c '^WATCHDOG=1' notified)
for _ in $(seq 100); do [ "$(grep -c '^WATCHDOG=1' notified)" -gt $((alive + 1)) ] && break; sleep 0.1; done
[ "$(grep -c '^WATCHDOG=1' notified)" -gt $((alive + 1)) ] || echo "it says too seldom that it is alive"
slurm zero
touch slow
kill -USR1 $daemon
sleep 1.5 # it waits for the queue now, in the middle of its second pass
kill -TERM $daemon
sleep 0.5
kill -0 $daemon && echo "it is in the middle of a pass"
rm slow
wait $daemon
echo "daemon: exit $?"
wait $listener
grep -vE '^(WATCHDOG|STATUS)=' notified
grep -E '^STATUS=' notified | sed -E 's/next pass at .*/next pass at TIME/; s/[0-9]+ problems/N problems/'
grep '^launch' out
cat err >&2
tide __complete -- terminate '' | wc -l
tide scale-once -q
echo "the next pass: exit $?"
