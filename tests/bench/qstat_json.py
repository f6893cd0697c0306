#!/usr/bin/python3
"""qstat_json.py BENCH RECORDING JOBS FILE: OpenPBS's queue over a pipe of 1 MiB, read by `cat >/dev/null`, by tide, by simdjson's
DOM and by Python's json.load, which are given a quarter, as they keep all of it in memory."""
import fcntl
import os
import subprocess
import sys
import time

PIPE_SIZE = 1031  # F_SETPIPE_SZ
PYTHON = ["/usr/bin/python3", "-c", "import json, sys; d = json.load(sys.stdin)['Jobs']; "
          "print('qstat -F json, json.load: %d waiting jobs' % sum(j['job_state'] == 'Q' for j in d.values()))"]


def through(path, reader):
    ends = os.pipe()
    fcntl.fcntl(ends[1], PIPE_SIZE, 1 << 20)
    begin = time.monotonic()
    writer = subprocess.Popen(["cat", path], stdout=ends[1])
    child = subprocess.Popen(reader, stdin=ends[0], stdout=subprocess.DEVNULL if reader[0] == "cat" else None)
    os.close(ends[0])
    os.close(ends[1])
    _, status, usage = os.wait4(child.pid, 0)
    writer.wait()
    if status != 0:
        sys.exit("%s: status %d" % (" ".join(reader), status))
    spent = time.monotonic() - begin
    return os.path.getsize(path) / spent / 1e6, usage.ru_maxrss / 1024


def main():
    bench, recording, jobs, path = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    rates = {}
    for name, reader, count in (("cat", ["cat"], jobs), ("tide", [bench, "read"], jobs), ("simdjson", [bench, "dom"], jobs // 4),
                                ("json.load", PYTHON, jobs // 4)):
        with open(path, "w") as file:
            subprocess.run([bench, "write", recording, str(count)], stdout=file, check=True)
        through(path, ["cat"])  # into the page cache
        best = max(through(path, reader) for _ in range(1 if name in ("simdjson", "json.load") else 3))
        rates[name] = best[0]
        print("%-22s %-10s %7.0f MB/s over a pipe, %5.2f x cat, peak RSS %.0f MiB" % ("OpenPBS, %d jobs" % count, name, best[0], best[0] / rates["cat"], best[1]))
    os.unlink(path)


main()
