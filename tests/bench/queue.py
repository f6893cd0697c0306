#!/usr/bin/python3
"""queue.py SYSTEM BENCH RECORDING JOBS FILE: a queue over a pipe of 1 MiB, read by `cat >/dev/null` and by tide, by turns (the median
of seven is told), then by a parser that keeps all of it in memory, and as the predecessors do it in Python. Those two are given fewer
jobs where memory or patience ends."""
import fcntl
import os
import statistics
import subprocess
import sys
import time

PIPE_SIZE = 1031  # F_SETPIPE_SZ
MINIDOM = """import sys, xml.dom.minidom as m
jobs = m.parseString(sys.stdin.buffer.read()).getElementsByTagName('Job')
print(sum(j.getElementsByTagName('job_state')[0].firstChild.data == 'Q' for j in jobs), 'waiting jobs')"""
JSON = """import json, sys
print(sum(j['job_state'] == 'Q' for j in json.load(sys.stdin)['Jobs'].values()), 'waiting jobs')"""
SPLIT = """import sys
print(sum(l.split('\\t')[2] == '1' for l in sys.stdin if l.count('\\t') > 2), 'waiting jobs')"""
PEERS = {  # name, reader ("dom": the bench's own), share of the jobs
    "TORQUE": (("pugixml", "dom", 4), ("minidom", MINIDOM, 100)),
    "OpenPBS": (("simdjson", "dom", 4), ("json.load", JSON, 4)),
    "HTCondor": (("str.split", SPLIT, 4),),
}
RUNS = 7


def through(path, reader):
    ends = os.pipe()
    fcntl.fcntl(ends[1], PIPE_SIZE, 1 << 20)
    begin = time.monotonic()
    writer = subprocess.Popen(["cat", path], stdout=ends[1])
    child = subprocess.Popen(reader, stdin=ends[0], stdout=subprocess.DEVNULL)
    os.close(ends[0])
    os.close(ends[1])
    _, status, usage = os.wait4(child.pid, 0)
    spent = time.monotonic() - begin
    writer.wait()
    if status != 0:
        sys.exit("%s: status %d" % (" ".join(reader)[:80], status))
    return os.path.getsize(path) / spent / 1e6, usage.ru_maxrss / 1024, spent


def main():
    system, bench, recording, jobs, path = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
    rounds = [(jobs, RUNS, [("cat", ["cat"]), ("tide", [bench, "read"])])]
    for name, reader, share in PEERS[system]:
        rounds.append((jobs // share, 1, [(name, [bench, "dom"] if reader == "dom" else ["/usr/bin/python3", "-c", reader])]))
    cat = 0
    for count, runs, readers in rounds:
        with open(path, "w") as file:
            subprocess.run([bench, "write", recording, str(count)], stdout=file, check=True)
        through(path, ["cat"])  # into the page cache
        turns = {}
        for _ in range(runs):  # one after the other: a slow moment of the machine is all of theirs
            for name, reader in readers:
                turns.setdefault(name, []).append(through(path, reader))
        cats = [rate for rate, _, _ in turns.get("cat", ())] or [cat]
        for name, seen in turns.items():
            rate, _, spent = sorted(seen)[len(seen) // 2]
            memory = max(one[1] for one in seen)
            ratio = statistics.median(one[0] / cats[turn] for turn, one in enumerate(seen))  # to the cat of the same turn
            print("%-26s %-10s %6.0f MB/s, %5.2f million jobs/s, %6.3f x cat, peak RSS %.0f MiB" % (
                "%s, %d jobs" % (system, count), name, rate, count / spent / 1e6, ratio, memory), flush=True)
        cat = statistics.median(cats)
    os.unlink(path)


main()
