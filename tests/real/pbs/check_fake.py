#!/usr/bin/python3
"""check_fake.py FIXTURES: the scripted server, loaded with the state of each recording, prints the recorded bytes."""
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from pbs_world import number

failed = []


def same(name, wanted, got):
    if wanted == got:
        print("ok: " + name)
        return
    failed.append(name)
    at = next((i for i, (a, b) in enumerate(zip(wanted, got)) if a != b), min(len(wanted), len(got)))
    print("DIFFERS: %s at byte %d:\n  wanted %r\n  got    %r" % (name, at, wanted[max(0, at - 60) : at + 60], got[max(0, at - 60) : at + 60]))


class Server:
    def __init__(self, dialect):
        self.folder = tempfile.TemporaryDirectory(prefix="tide-fake.")  # gone with this server
        self.home = self.folder.name
        subprocess.run([os.path.join(HERE, "fake_pbs.py"), "init", self.home, dialect], check=True)
        with open(os.path.join(self.home, "state.json")) as file:
            self.state = json.load(file)
        self.state["frozen"] = True

    def run(self, now, command, *options, code=0):
        with open(os.path.join(self.home, "state.json"), "w") as file:
            json.dump(self.state, file)
        env = {"FAKE_PBS_NOW": str(now), "PATH": "/usr/bin:/bin"}
        done = subprocess.run([os.path.join(self.home, "bin", command), *options], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != code:
            failed.append("%s %s: exit %d, %s" % (command, options, done.returncode, done.stderr))
        self.errors = done.stderr
        return done.stdout


def read(path):
    with open(path) as file:
        return file.read()


def openpbs_node(name, told, jobs):
    """The world's node that shows itself as the recorded one."""
    words = told["state"].split(",")
    available = {key: value for key, value in told["resources_available"].items() if key != "arch"}
    return {"name": name, "port": told["Port"], "created": 0, "changed": told.get("last_state_change_time", 0), "cpus": available["ncpus"],
            "mem": number(available.get("mem", "0")), "gpus": available.get("ngpus", 0), "properties": [], "available": available,
            "offline": "offline" in words, "comment": told.get("comment", ""), "up": "down" not in words, "listed": True,
            **({"mom": {"pcpus": told["pcpus"]}} if "pcpus" in told else {})}


def openpbs_where(told):
    where = []
    for host, chunk in zip(told["exec_host"].split("+"), told["exec_vnode"].split("+")):
        items = dict(item.split("=") for item in chunk.strip("()").split(":")[1:])
        where.append({"node": host.split("/")[0], "first": int(re.split(r"[/*]", host)[1]), "cpus": int(items["ncpus"]),
                      "mem": number(items.get("mem", "0")), "gpus": 0})
    return where


def openpbs(folder):
    for state in ("s0-empty", "s1-mixed", "s2-offline"):
        server = Server("openpbs")
        path = os.path.join(folder, state)
        listed = json.loads(read(path + "-qstat-ft.json"))
        jobs = listed.get("Jobs", {})
        nodes = json.loads(read(path + "-pbsnodes-a.json"))
        told = json.loads(read(path + "-qstat-Bf.json"))
        queues = json.loads(read(path + "-qstat-Qf.json"))
        for name, one in jobs.items():
            tasks = re.fullmatch(r"(\d+)\[\d+\]\..*", name)
            server.state["jobs"][name] = {"raw": one, "id": name, "state": one["job_state"], "queue": one["queue"], "array": tasks[1] if tasks else "",
                                          "where": openpbs_where(one) if one["job_state"] == "R" else []}
        server.state["nodes"] = {name: openpbs_node(name, one, jobs) for name, one in nodes["nodes"].items()}
        server.state["raw_server"] = told["Server"]["headnode"]
        server.state["queues"] = queues["Queue"]
        same("openpbs %s pbsnodes -a" % state, read(path + "-pbsnodes-a.json"), server.run(nodes["timestamp"], "pbsnodes", "-a", "-F", "json"))
        same("openpbs %s qstat -f -t" % state, read(path + "-qstat-ft.json"), server.run(listed["timestamp"], "qstat", "-f", "-t", "-F", "json"))
        same("openpbs %s qstat -B -f" % state, read(path + "-qstat-Bf.json"), server.run(told["timestamp"], "qstat", "-B", "-f", "-F", "json"))
        for one in server.state["queues"].values():  # the counts of the recording, not those of the world
            server.state.setdefault("raw_queue", dict(one))
        same("openpbs %s queues" % state, json.loads(read(path + "-qstat-Qf.json"))["Queue"]["workq"].keys(),
             json.loads(server.run(queues["timestamp"], "qstat", "-Q", "-f", "-F", "json"))["Queue"]["workq"].keys())
        if state == "s2-offline":
            server.run(1, "qmgr", "-c", "delete node m3", code=15027 & 255)
            same("openpbs qmgr, a busy node", read(os.path.join(folder, "s3-delbusy.txt")), server.errors)
            server.run(1, "qmgr", "-c", "delete node m1", code=15062 & 255)
            same("openpbs qmgr, an unknown node", read(os.path.join(folder, "s3-delbusy.err")), server.errors)


def openpbs_submissions(folder):
    """The same submissions make the same jobs: all attributes, in order, but for the ranks of the moment."""
    server = Server("openpbs")
    server.state["frozen"] = False
    server.state["resources"]["ngpus"] = {}
    recorded = json.loads(read(os.path.join(folder, "s1-mixed-qstat-ft.json")))["Jobs"]
    args = {name: one["Submit_arguments"].split() for name, one in recorded.items() if "[" not in name and name not in ("8.headnode", "10.headnode")}
    env = {"FAKE_PBS_NOW": "1795146599", "PBS_FAKE_PATH": "/home/admin/cluster/openpbs/inst/bin:/usr/bin:/bin", "PATH": "/usr/bin:/bin"}
    with open(os.path.join(server.home, "state.json"), "w") as file:
        json.dump(server.state, file)
    for name in ("4.headnode", "5.headnode", "6.headnode", "7.headnode"):
        words = [word for word in args[name]]
        for skip in ("-o", "-e"):
            at = words.index(skip)
            del words[at : at + 2]
        done = subprocess.run([os.path.join(server.home, "bin", "qsub"), *words], env=env, input="", stdout=subprocess.PIPE, text=True, check=True)
        shown = subprocess.run([os.path.join(server.home, "bin", "qstat"), "-f", "-F", "json", done.stdout.strip()], env=env, stdout=subprocess.PIPE, text=True, check=True)
        got = json.loads(shown.stdout)["Jobs"][done.stdout.strip()]
        wanted = dict(recorded[name])
        for one in (got, wanted):
            for key in ("queue_rank", "Submit_arguments", "comment"):
                one.pop(key, None)
        same("openpbs qsub as of %s" % name, json.dumps(wanted), json.dumps(got))


def torque_value(element):
    return {one.tag: torque_value(one) for one in element} if len(element) else element.text or ""


def torque_node(one):
    words = one["state"].split(",")
    where = [part.split("/", 1) for part in one.get("jobs", "").split(",") if part]
    return {"raw": one, "name": one["name"], "created": 0, "changed": 0, "cpus": int(one["np"]), "mem": 0, "gpus": 0,
            "properties": one.get("properties", "").split(","), "available": {}, "offline": "offline" in words, "comment": one.get("note", ""),
            "up": "down" not in words, "listed": True, "where": where}


def torque(folder):
    for state in ("s0-empty", "s2-offline", "s4-full", "s6-down"):
        server = Server("torque")
        path = os.path.join(folder, state)
        if os.path.exists(path + "-pbsnodes-x.xml"):
            nodes = [torque_value(one) for one in xml.parse(path + "-pbsnodes-x.xml").getroot()]
            server.state["nodes"] = {one["name"]: torque_node(one) for one in nodes}
            same("torque %s pbsnodes -x" % state, read(path + "-pbsnodes-x.xml"), server.run(0, "pbsnodes", "-x"))
            for one in server.state["nodes"].values():  # what the world makes of it: states, slots, notes
                one.pop("raw")
            composed = [torque_value(one) for one in xml.fromstring(server.run(0, "pbsnodes", "-x"))]
            keys = ("name", "np", "properties", "note", "ntype", "power_state")
            same("torque %s nodes of the world" % state, str([{key: one.get(key) for key in keys} for one in nodes]),
                 str([{key: one.get(key) for key in keys} for one in composed]))
        listing = path + ("-qstat-x.xml" if state == "s0-empty" else "-qstat-xt.xml")
        if os.path.exists(listing):
            for one in xml.parse(listing).getroot():
                told = torque_value(one)
                server.state["jobs"][told["Job_Id"]] = {"raw": told, "id": told["Job_Id"], "state": told["job_state"], "queue": "batch", "array": "",
                                                        "where": []}
            same("torque %s qstat -x -t" % state, read(listing), server.run(0, "qstat", "-x", "-t"))
        if os.path.exists(path + "-qstat-Bf.txt"):
            for name, option, key in (("-qstat-Bf.txt", "-B", "raw_server"), ("-qstat-Qf.txt", "-Q", "raw_queues")):
                blocks = re.split(r"\n\n", read(path + name).strip("\n"))
                objects = {}
                for block in blocks:
                    head, *lines = block.replace("\n\t", "").split("\n")
                    objects[head.split(": ")[1]] = dict(line.strip(" ").split(" = ", 1) if not line.endswith(" ") else line[4:].split(" = ", 1) for line in lines)
                server.state[key] = objects
                same("torque %s qstat %s -f" % (state, option), read(path + name), server.run(0, "qstat", option, "-f"))
        if state == "s0-empty":
            server.run(0, "pbsnodes", "-x", code=2)
            same("torque: no nodes", read(os.path.join(folder, "s0-nonodes-pbsnodes-x.err")), server.errors)


def main():
    folder = sys.argv[1]
    openpbs(os.path.join(folder, "openpbs", "23.06"))
    openpbs_submissions(os.path.join(folder, "openpbs", "23.06"))
    torque(os.path.join(folder, "torque", "6.1"))
    for one in failed:
        print("FAILED: " + one)
    sys.exit(1 if failed else 0)


main()
