#!/usr/bin/python3
"""qstat_xml.py BENCH RECORDING JOBS FILE: TORQUE's queue over a pipe of 1 MiB, read by `cat >/dev/null`, by tide, by pugixml whole
(a quarter of the jobs) and as Dynamic Torque reads it, Python's xml.dom.minidom (a hundredth: it takes 20 times the text)."""
import fcntl
import os
import subprocess
import sys
import time

PIPE_SIZE = 1031  # F_SETPIPE_SZ
PYTHON = ["/usr/bin/python3", "-c", "import sys, xml.dom.minidom as m; d = m.parseString(sys.stdin.buffer.read()); "
          "print('qstat -x, minidom: %d waiting jobs' % sum(j.getElementsByTagName('job_state')[0].firstChild.data == 'Q' "
          "for j in d.getElementsByTagName('Job')))"]


def through(path, reader):
    ends = os.pipe()
    fcntl.fcntl(ends[1], PIPE_SIZE, 1 << 20)
    begin = time.monotonic()
    writer = subprocess.Popen(["cat", path], stdout=ends[1])
    child = subprocess.Popen(reader, stdin=ends[0], stdout=subprocess.DEVNULL if reader[0] == "cat" else None)
    os.close(ends[0])
    os.close(ends[1])
    _, status, usage = os.wait4(child.pid, 0)
    spent = time.monotonic() - begin
    writer.wait()
    if status != 0:
        sys.exit("%s: status %d" % (" ".join(reader), status))
    return os.path.getsize(path) / spent / 1e6, usage.ru_maxrss / 1024


def main():
    bench, recording, jobs, path = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    rates = {}
    last = None
    for name, reader, count in (("cat", ["cat"], jobs), ("tide", [bench, "read"], jobs), ("pugixml", [bench, "dom"], jobs // 4),
                                ("minidom", PYTHON, jobs // 100)):
        if count != last:
            with open(path, "w") as file:
                subprocess.run([bench, "write", recording, str(count)], stdout=file, check=True)
            last = count
        through(path, ["cat"])  # into the page cache
        best = max(through(path, reader) for _ in range(1 if name in ("pugixml", "minidom") else 5))
        rates[name] = best[0]
        print("%-22s %-10s %7.0f MB/s over a pipe, %6.3f x cat, peak RSS %.0f MiB" % ("TORQUE, %d jobs" % count, name, best[0], best[0] / rates["cat"], best[1]), flush=True)
    os.unlink(path)


main()
