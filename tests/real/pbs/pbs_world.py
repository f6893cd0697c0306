"""The world of the scripted TORQUE or OpenPBS: jobs, nodes and what time does to them. Nothing runs between commands: each
command first lets the time pass that went by (tick)."""
import fcntl
import json
import os
import re
import time

UNHEARD = 3.0  # seconds after which a node is down
LIST_SENT = 1.5  # TORQUE: a new node is "MOM-list-not-sent" for so long
SETTLE = 1.0  # a restarted server has heard of no node for so long


def number(text, unit=1):
    match = re.fullmatch(r"(\d+)([kmgt]?)b?", str(text).lower())
    return int(match[1]) * {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}[match[2]] // unit if match else 0


def seconds(text):
    total = 0
    for part in str(text).split(":"):
        total = total * 60 + int(part)
    return total


class World:
    def __init__(self, home):
        self.home = home
        self.lock = open(os.path.join(home, "lock"), "a")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        with open(self.path("state.json")) as file:
            self.state = json.load(file)
        self.now = float(os.environ.get("FAKE_PBS_NOW") or time.time())
        self.torque = self.state["dialect"] == "torque"
        self.jobs, self.nodes = self.state["jobs"], self.state["nodes"]

    def path(self, *names):
        return os.path.join(self.home, *names)

    def save(self):
        with open(self.path("state.new"), "w") as file:
            json.dump(self.state, file)
        os.rename(self.path("state.new"), self.path("state.json"))

    def tick(self):
        if self.state.get("frozen"):
            return
        for node in self.nodes.values():
            self.hear(node)
        for job in list(self.jobs.values()):
            self.age(job)
        if self.state["server"].get("scheduling") == "True":
            for job in self.jobs.values():
                self.start(job)

    # Nodes.

    def hear(self, node):
        try:
            with open(self.path("moms", node["name"])) as file:
                told = json.load(file)
        except (OSError, ValueError):
            told = None
        listed = self.now - node["created"] >= (LIST_SENT if self.torque else 0)
        settled = self.now - self.state["started"] >= SETTLE
        up = bool(told) and self.now - told["at"] < UNHEARD and listed and settled
        if up:
            node["heard"] = told["at"]
            node["mom"] = told
        if node.get("up") != up:
            node["changed"] = self.now
        node["up"] = up
        node["listed"] = listed

    def used(self, node, what):
        return sum(part[what] for job in self.jobs.values() if job["state"] == "R" for part in job["where"] if part["node"] == node["name"])

    def jobs_on(self, node):
        return [job for job in self.jobs.values() if job["state"] == "R" and any(part["node"] == node["name"] for part in job["where"])]

    # Jobs.

    def age(self, job):
        if job["state"] == "R":
            on = [self.nodes.get(part["node"]) for part in job["where"]]
            if not all(on):  # its node was deleted under it: TORQUE
                job.update(state="Q", where=[], start=None)
                self.note("requeued %s" % job["id"])
            elif self.now >= job["start"] + job["duration"] and all(node["up"] for node in on):
                job.update(state="C", ended=self.now)
                self.note("done %s on %s" % (job["id"], " ".join(sorted({part["node"] for part in job["where"]}))))
        if job["state"] == "W" and self.now >= job["begin"]:
            job["state"] = "Q"
        if job["state"] == "H" and job["holds"] == "s":
            other = self.jobs.get(job["after"])
            if other is None or other["state"] == "C":
                job.update(state="Q", holds="n")
        if job["state"] == "C" and (not self.torque or self.now - job["ended"] > 300):
            self.jobs.pop(job["id"])

    def note(self, text):
        with open(self.path("events"), "a") as file:
            file.write(text + "\n")

    def start(self, job):
        if job["state"] != "Q" or job["holds"] != "n":
            return
        job["comment"] = ""
        if self.state["queues"][job["queue"]].get("started") != "True":
            return
        family = [one for one in self.jobs.values() if one["array"] and one["array"] == job["array"] and one["state"] == "R"]
        if job["limit"] and len(family) >= job["limit"]:
            job["comment"] = "Not Running: Number of concurrent running subjobs limit reached"
            return
        where = self.place(job, list(self.nodes.values()))
        if where is None:
            job["comment"] = self.why(job)
            return
        for part in where:
            taken = {first + i for other in self.jobs_on(self.nodes[part["node"]]) for p in other["where"]
                     if p["node"] == part["node"] for first, i in [(p["first"], i) for i in range(p["cpus"])]}
            taken |= {p["first"] + i for p in where if p is not part and p["node"] == part["node"] and "first" in p for i in range(p["cpus"])}
            part["first"] = next(i for i in range(10**6) if i not in taken)
        job.update(state="R", where=where, start=self.now)
        self.note("started %s on %s" % (job["id"], " ".join(part["node"] for part in where)))

    def why(self, job):
        if self.torque:
            return "Not Running: Not enough of the right type of nodes are available"
        wanted = sum(chunk["count"] for chunk in job["chunks"])
        apart = "scatter" in job["place"]
        never = len(self.nodes) < (wanted if apart else 1)
        return "Can Never Run: Not enough total nodes available" if never else "Not Running: Not enough free nodes available"

    def suits(self, node, chunk, room):
        if chunk["host"] and chunk["host"] != node["name"]:
            return False
        if room["cpus"] < chunk["cpus"] or room["mem"] < chunk["mem"] or room["gpus"] < chunk["gpus"]:
            return False
        return all(self.bears(node, key, value) for key, value in chunk["wants"])

    def bears(self, node, key, value):
        if self.torque:
            return key in node["properties"]
        have = str(node["available"].get(key, "False"))
        return value in have.split(",")

    def place(self, job, nodes, empty=False):
        """Where a job's chunks would run, or None. `empty`: on nodes as if nothing ran."""
        rooms = {}
        for node in nodes:
            if not empty and (not node["up"] or node["offline"]):
                continue
            use = {"cpus": 0, "mem": 0, "gpus": 0} if empty else {what: self.used(node, what) for what in ("cpus", "mem", "gpus")}
            rooms[node["name"]] = {"cpus": node["cpus"] - use["cpus"], "mem": node["mem"] - use["mem"], "gpus": node["gpus"] - use["gpus"]}
            if "excl" in job["place"] and use["cpus"] and not empty:
                rooms.pop(node["name"])
        apart = self.torque or "scatter" in job["place"]
        where, taken = [], set()
        for chunk in job["chunks"]:
            for _ in range(chunk["count"]):
                names = [name for name in rooms if not (apart and name in taken)]
                if "pack" in job["place"] and taken:
                    names = list(taken)
                name = next((name for name in names if self.suits(self.nodes[name], chunk, rooms[name])), None)
                if name is None:
                    return None
                taken.add(name)
                for what in ("cpus", "mem", "gpus"):
                    rooms[name][what] -= chunk[what]
                where.append({"node": name, "cpus": chunk["cpus"], "mem": chunk["mem"], "gpus": chunk["gpus"]})
        return where

    # Names: TORQUE's server must resolve those of its nodes.

    def resolves(self, name):
        for path in (self.state.get("hosts"), "/etc/hosts"):
            try:
                with open(path) as file:
                    if any(name in line.split("#")[0].split()[1:] for line in file):
                        return True
            except (OSError, TypeError):
                pass
        return False


def select_chunks(text):
    """OpenPBS: "2:ncpus=4:mem=8gb+1:ncpus=1"."""
    chunks = []
    for part in text.split("+"):
        chunk = {"count": 1, "cpus": 1, "mem": 0, "gpus": 0, "wants": [], "host": ""}
        for item in part.split(":"):
            key, equals, value = item.partition("=")
            if not equals:
                chunk["count"] = int(key)
            elif key in ("ncpus", "ngpus"):
                chunk["cpus" if key == "ncpus" else "gpus"] = int(value)
            elif key == "mem":
                chunk["mem"] = number(value)
            elif key in ("host", "vnode"):
                chunk["host"] = value
            elif key not in ("mpiprocs", "ompthreads"):
                chunk["wants"].append([key, value])
        chunks.append(chunk)
    return chunks


def nodes_chunks(text, memory=0):
    """TORQUE: "2:ppn=4:CLOUD+1:ppn=1:gpus=1", "mom3:ppn=1"."""
    chunks = []
    for part in text.split("+"):
        chunk = {"count": 1, "cpus": 1, "mem": memory, "gpus": 0, "wants": [], "host": ""}
        for place, item in enumerate(part.split(":")):
            key, equals, value = item.partition("=")
            if equals:
                chunk["cpus" if key == "ppn" else "gpus"] = int(value)
            elif place == 0:
                if key.isdigit():
                    chunk["count"] = int(key)
                else:
                    chunk["host"] = key
            else:
                chunk["wants"].append([key, "True"])
        chunks.append(chunk)
    return chunks
