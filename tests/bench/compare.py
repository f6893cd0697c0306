#!/usr/bin/python3
"""compare.py RUNS NAME -- COMMAND... -- COMMAND...: runs both by turns, prints the median wall time, CPU time and peak RSS of
each and how many times the first is better. Exit 1 if a command fails."""
import os
import statistics
import subprocess
import sys
import time


def once(command):
    begin = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit("%s: exit %d" % (" ".join(command), child.returncode))
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


def main():
    runs, name, rest = int(sys.argv[1]), sys.argv[2], sys.argv[4:]
    middle = rest.index("--")
    commands = rest[:middle], rest[middle + 1:]
    rows = [], []
    for _ in range(runs):
        for command, into in zip(commands, rows):
            into.append(once(command))
    ours, theirs = medians(rows[0]), medians(rows[1])
    for command, each in zip(commands, (ours, theirs)):
        print("%-22s %-10s %7.2f s wall %7.2f s CPU %6.0f MiB" % (name, os.path.basename(command[0]), *each))
    print("%-22s %-10s %7.1f x      %7.1f x     %6.1f x" % (name, "ratio", *(b / max(a, 1e-3) for a, b in zip(ours, theirs))))


main()
