#!/usr/bin/python3
"""A scripted TORQUE 6.1 or OpenPBS 23.06 for tests: keeps its state in a folder and speaks the commands that tide runs.

  fake_pbs.py init HOME torque|openpbs    makes the folder, with HOME/bin/{qstat,pbsnodes,qmgr,qsub,qdel}
  fake_pbs.py HOME COMMAND ARGUMENTS      what these run
  fake_pbs.py mom HOME NAME               a node's daemon: is heard as long as it runs, unless HOME/silent.NAME is there
  fake_pbs.py restart HOME                the server restarts: it has heard of no node for a while
Faults: HOME/down (no server); HOME/fault.qstat or .pbsnodes with fail, hang, half, nothing or html for what reads."""
import json
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pbs_forms as forms
import pbs_views as views
from pbs_world import World, nodes_chunks, number, seconds, select_chunks

QUEUE = {
    "torque": {"queue_type": "Execution", "total_jobs": 0, "state_count": "", "resources_default": {"walltime": "01:00:00", "nodes": "1"},
               "mtime": 0, "is_transit": "True", "enabled": "True", "started": "True"},
    "openpbs": {"queue_type": "Execution", "total_jobs": 0, "state_count": "", "enabled": "True", "started": "True"},
}
SERVER = {
    "torque": {"server_state": "Active", "scheduling": "True", "total_jobs": 0, "state_count": "", "acl_roots": "root@*",
               "managers": "root@*", "default_queue": "batch", "query_other_jobs": "True", "node_check_rate": 15, "poll_jobs": "True",
               "mom_job_sync": "True", "pbs_version": "master", "keep_completed": 300, "next_job_number": 0, "nppcu": 1},
    "openpbs": {"server_state": "Active", "server_host": "headnode", "scheduling": "True", "total_jobs": 0, "state_count": "",
                "acl_roots": "root@*", "default_queue": "workq", "query_other_jobs": "True", "resources_default": {"ncpus": 1},
                "default_chunk": {"ncpus": 1}, "pbs_version": "23.06.06", "job_history_enable": "True", "max_job_sequence_id": 9999999},
}
UNKNOWN, BUSY, EXISTS, NO_RESOURCE = 15062, 15027, 15066, 15035


class Refused(Exception):
    def __init__(self, code, words):
        super().__init__(words)
        self.code = code


def init(home, dialect):
    os.makedirs(os.path.join(home, "moms"), exist_ok=True)
    os.makedirs(os.path.join(home, "bin"), exist_ok=True)
    queues = {"batch": QUEUE["torque"]} if dialect == "torque" else {"workq": QUEUE["openpbs"]}
    state = {"dialect": dialect, "name": "headnode", "started": 0, "next": 0, "server": SERVER[dialect], "queues": queues, "nodes": {},
             "jobs": {}, "resources": {}, "hosts": os.path.join(home, "hosts")}
    with open(os.path.join(home, "state.json"), "w") as file:
        json.dump(state, file)
    for command in ("qstat", "pbsnodes", "qmgr", "qsub", "qdel"):
        path = os.path.join(home, "bin", command)
        with open(path, "w") as file:
            file.write('#!/bin/sh\nexec /usr/bin/python3 -sE %s %s %s "$@"\n' % (os.path.abspath(__file__), home, command))
        os.chmod(path, 0o755)


def mom(home, name):
    path = os.path.join(home, "moms", name)
    told = {"pcpus": os.cpu_count()}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        if not os.path.exists(os.path.join(home, "silent." + name)):
            with open(path + ".new", "w") as file:
                json.dump({**told, "at": time.time()}, file)
            os.rename(path + ".new", path)
        time.sleep(0.3)


# qstat and pbsnodes.


def show(world, options, section, element, objects, heading):
    """The attributes of several objects in the form that was asked for."""
    if world.torque and "-x" in options:
        return forms.xml_document(element, list(objects.values()), '<?xml version="1.0"?>' if element == "Job" else "")
    if not world.torque and "json" in options:
        return forms.json_document(int(world.now), views.VERSION["openpbs"], world.state["name"], section, objects)
    return "".join(forms.text_block(heading + name, one) for name, one in objects.items())


def job_objects(world, tasks):
    objects, arrays = {}, set()
    for job in world.jobs.values():
        if "raw" in job:
            objects[job["id"]] = job["raw"]
            continue
        if job["array"] and not world.torque and job["array"] not in arrays:
            arrays.add(job["array"])
            family = [one for one in world.jobs.values() if one["array"] == job["array"]]
            objects["%s[].%s" % (job["array"], world.state["name"])] = views.openpbs_array(world, family)
        if tasks or not job["array"]:
            objects[job["id"]] = views.torque_job(world, job) if world.torque else views.openpbs_job(world, job)
    return objects


def qstat(world, options):
    known = {"torque": "-B -Q -f -t -x -1", "openpbs": "-B -Q -f -t -F json"}[world.state["dialect"]].split()
    ids = [option for option in options if not option.startswith("-") and option != "json"]
    for option in options:
        if option.startswith("-") and option not in known:
            raise Refused(2, "qstat: invalid option -- '%s'\nusage: \nqstat [-f] [-W site_specific] [ job_identifier... | destination... ]" % option[1:])
    name = world.state["name"]
    if "-B" in options:
        told = world.state.get("raw_server") or views.server(world)
        return show(world, options, "Server", "Server", told if world.state.get("raw_server") and world.torque else {name: told}, "Server: ")
    if "-Q" in options:
        told = world.state.get("raw_queues") or {one: views.queue(world, one) for one in world.state["queues"]}
        return show(world, options, "Queue", "Queue", told, "Queue: ")
    objects = job_objects(world, "-t" in options or bool(ids))
    for one in ids:
        if one not in objects:
            raise Refused(153, "qstat: Unknown Job Id %s" % one)
    return show(world, options, "Jobs", "Job", {key: value for key, value in objects.items() if not ids or key in ids}, "Job Id: ")


def pbsnodes(world, options):
    if world.torque and options and options[0] in ("-o", "-c", "-r", "-N"):
        return change_nodes(world, options)
    if not world.nodes:
        raise Refused(2 if world.torque else 1, "pbsnodes: No nodes found" if world.torque else "pbsnodes: Server has no node list")
    view = views.torque_node if world.torque else views.openpbs_node
    objects = {name: node.get("raw") or view(world, node) for name, node in world.nodes.items()}
    return show(world, options, "nodes", "Node", objects, "")


def change_nodes(world, options):
    note, hold, names = None, None, []
    rest = list(options)
    while rest:
        option = rest.pop(0)
        if option == "-N":
            note = rest.pop(0)
        elif option in ("-o", "-c", "-r"):
            hold = option == "-o"
        else:
            names.append(option)
    for name in names:
        if name not in world.nodes:
            raise Refused(1, "pbsnodes: Error marking node %s - Unknown node  MSG=cannot find node" % name)
        node = world.nodes[name]
        if hold is False and not node["listed"]:
            raise Refused(1, "pbsnodes: Error marking node %s - Invalid node state" % name)
        node["offline"] = node["offline"] if hold is None else hold
        node["comment"] = node["comment"] if note is None else note
    return ""


# qmgr.


def pairs(text):
    """ "a = 1,b.c += 2,d=\"x, y\"" """
    for match in re.finditer(r'\s*([\w.]+)\s*(\+=|-=|=)\s*("[^"]*"|[^,"]*)\s*,?', text):
        yield match[1], match[2], match[3].strip('"')


def set_node(world, node, key, op, value):
    if key == "state":
        node["offline"] = value == "offline" and op != "-="
    elif key in ("comment", "note"):
        node["comment"] = value
    elif key == "np":
        node["cpus"] = int(value)
    elif key == "gpus":
        node["gpus"] = int(value)
    elif key == "properties":
        node["properties"] = value.split(",") if op == "=" else node["properties"] + value.split(",")
    elif key.startswith("resources_available."):
        set_resource(world, node, key.split(".", 1)[1], value)
    elif key not in ("mom_service_port", "mom_manager_port", "Mom", "Port", "ntype", "num_node_boards"):
        raise Refused(15063, "Unknown node-attribute %s" % key)


def set_resource(world, node, name, value):
    if name not in ("ncpus", "mem", "arch", "host", "vnode") and name not in world.state["resources"]:
        raise Refused(NO_RESOURCE, "Unknown resource resources_available.%s" % name)
    node["available"][name] = int(value) if value.isdigit() else value
    if name in ("ncpus", "ngpus"):
        node["cpus" if name == "ncpus" else "gpus"] = int(value)
    if name == "mem":
        node["mem"] = number(value)
        node["available"]["mem"] = forms_size(node["mem"])


def forms_size(count):
    return views.size(count >> 10)


def create_node(world, name):
    if name in world.nodes:
        raise Refused(EXISTS, "Node name already exists")
    if world.torque and not world.resolves(name):
        raise Refused(UNKNOWN, "Unknown node  MSG=cannot resolve host '%s'" % name)
    world.nodes[name] = {"name": name, "created": world.now, "changed": world.now, "cpus": 1, "mem": 1 << 40, "gpus": 0, "properties": [],
                         "available": {"host": name, "vnode": name}, "offline": False, "comment": "", "up": False, "listed": False}
    try:  # what was heard of another machine of that name counts for nothing
        os.unlink(world.path("moms", name))
    except OSError:
        pass


def manage(world, line):
    match = re.fullmatch(r"\s*(create|delete|set|unset|list|print)\s+(node|server|queue|resource)\s*(\S*)\s*(.*?)\s*", line, re.S)
    if not match:
        raise Refused(1, "Syntax error")
    verb, kind, name, rest = match.groups()
    if kind == "node":
        if verb == "create":
            create_node(world, name)
        if name not in world.nodes:
            raise Refused(UNKNOWN, "Unknown node ")
        node = world.nodes[name]
        if verb == "delete":
            if not world.torque and world.jobs_on(node):
                raise Refused(BUSY, "Cannot delete busy object")
            world.nodes.pop(name)
        elif verb == "unset":
            set_node(world, node, rest, "=", "")
        else:
            for key, op, value in pairs(rest):
                set_node(world, node, key, op, value)
    elif kind == "resource" and verb == "create":
        world.state["resources"][name] = {key: value for key, _, value in pairs(rest)}
    elif kind == "resource":
        return "".join(forms.text_block("Resource " + one, attributes) for one, attributes in world.state["resources"].items())
    elif kind == "queue" and verb == "create":
        world.state["queues"][name] = {**QUEUE[world.state["dialect"]], **{key: value for key, _, value in pairs(rest)}}
    else:
        target = world.state["server"] if kind == "server" else world.state["queues"][name]
        for key, _, value in pairs(rest if kind == "queue" else name + " " + rest):
            target[key] = value
    return ""


def qmgr(world, options):
    lines = [options[options.index("-c") + 1]] if "-c" in options else sys.stdin.read().splitlines()
    if "-c" not in options:
        print("Max open servers: 49" if not world.torque else "Max open servers: 10239")
    code, out = 0, ""
    for line in lines:
        if not line.strip():
            continue
        try:
            out += manage(world, line)
            code = 0
        except Refused as refused:
            code = refused.code
            name = line.split()[2] if len(line.split()) > 2 else ""
            sys.stderr.write("qmgr obj=%s svr=default: %s\nqmgr: Error (%d) returned from server\n" % (name, refused, code))
    return out, code & 255


# qsub and qdel.


def parse_submission(world, options):
    job = {"name": "STDIN", "queue": world.state["server"]["default_queue"], "resources": {}, "holds": "n", "state": "Q", "begin": 0, "after": "",
           "array": "", "index": 0, "range": "", "limit": 0, "account": "", "priority": 0, "rerunnable": "True", "place": "", "comment": "",
           "where": [], "start": None, "ended": None, "error_path": world.state["name"] + ":/dev/null",
           "output_path": world.state["name"] + ":/dev/null"}
    rest, script = list(options), None
    while rest:
        option = rest.pop(0)
        if option == "--":
            script, rest = " ".join(rest), []
        elif option == "-h":
            job.update(holds="u", state="H")
        elif option.startswith("-"):
            value = rest.pop(0)
            if option == "-l":
                # TORQUE's nodes= and OpenPBS's select= hold no commas.
                job["resources"].update(item.split("=", 1) for item in value.split(","))
            elif option in ("-N", "-q", "-A"):
                job[{"-N": "name", "-q": "queue", "-A": "account"}[option]] = value
            elif option == "-p":
                job["priority"] = int(value)
            elif option == "-r":
                job["rerunnable"] = "True" if value == "y" else "False"
            elif option == "-W":
                job.update(after=value.split(":")[-1], holds="s", state="H")
            elif option == "-a":
                job.update(begin=time.mktime(time.strptime(value, "%Y%m%d%H%M")), state="W")
            elif option in ("-J", "-t"):
                job["range"], _, limit = value.partition("%")
                job["limit"] = int(limit or 0)
        else:
            with open(option) as file:
                script = file.read()
    script = script if script is not None else sys.stdin.read()
    found = re.search(r"sleep (\d+)", script)
    job["duration"] = int(found[1]) if found else 0
    job["args"] = " ".join(option for option in options if option != "--")
    return job


def ask(world, job):
    resources = job["resources"]
    if world.torque:
        resources.setdefault("nodes", "1")
        memory = max(number(resources.get(key, "0")) for key in ("mem", "pmem", "vmem", "pvmem"))
        job["chunks"] = nodes_chunks(resources["nodes"], memory)
        if "procs" in resources:
            job["chunks"] = nodes_chunks(resources["procs"])
        resources["nodect"] = sum(chunk["count"] for chunk in job["chunks"])
        resources["neednodes"] = resources["nodes"]
        resources.setdefault("walltime", "01:00:00")
        return
    job["place"] = resources.setdefault("place", "free" if "select" in resources else "pack")
    resources.setdefault("select", "1:ncpus=" + str(resources.get("ncpus", 1)))
    job["chunks"] = select_chunks(resources["select"])
    for what, name in (("cpus", "ncpus"), ("gpus", "ngpus"), ("mem", "mem")):
        total = sum(chunk["count"] * chunk[what] for chunk in job["chunks"])
        if total:
            resources[name] = forms_size(total) if what == "mem" else total
    resources["nodect"] = sum(chunk["count"] for chunk in job["chunks"])


def qsub(world, options):
    job = parse_submission(world, options)
    if job["queue"] not in world.state["queues"]:
        raise Refused(15020 & 255, "qsub: Unknown queue" if not world.torque else "qsub: submit error (Unknown queue MSG=requested queue not found)")
    ask(world, job)
    queue = world.state["queues"][job["queue"]]
    if world.torque and queue.get("is_transit") != "True" and world.place(job, list(world.nodes.values()), empty=True) is None:
        raise Refused(15046 & 255, "qsub: submit error (Job exceeds queue resource limits MSG=cannot locate feasible nodes (nodes file is empty,"
                      " all systems are busy, or no nodes have the requested feature))")
    user = os.environ.get("PBS_FAKE_USER", "opalice")
    home = "/home/" + user
    names = {"PBS_O_HOME": home, "PBS_O_LANG": "C.UTF-8", "PBS_O_LOGNAME": user, "PBS_O_PATH": os.environ.get("PBS_FAKE_PATH", "/usr/bin:/bin"),
             "PBS_O_SHELL": "/bin/bash", "PBS_O_INTERACTIVE_AUTH_METHOD": "resvport", "PBS_O_INTERACTIVE_ENCRYPT_METHOD": "",
             "PBS_O_WORKDIR": "/", "PBS_O_SYSTEM": "Linux", "PBS_O_QUEUE": job["queue"], "PBS_O_HOST": world.state["name"]}
    number_of, world.state["next"] = world.state["next"], world.state["next"] + 1
    job.update(number=number_of, user=user, variables=names, created=world.now, queued=world.now)
    if not job["range"]:
        job["id"] = "%d.%s" % (number_of, world.state["name"])
        world.jobs[job["id"]] = job
        return job["id"] + "\n"
    first, _, last = job["range"].partition("-")
    for index in range(int(first), int(last or first) + 1):
        one = {**job, "array": str(number_of), "index": index, "id": "%d[%d].%s" % (number_of, index, world.state["name"])}
        world.jobs[one["id"]] = one
    return "%d[].%s\n" % (number_of, world.state["name"])


def qdel(world, options):
    for one in options:
        family = [job["id"] for job in world.jobs.values() if job["id"] == one or one == "%s[].%s" % (job["array"], world.state["name"])]
        for name in family:
            world.jobs.pop(name)
    return ""


def fault(world, command, out):
    try:
        with open(world.path("fault." + command)) as file:
            how = file.read().strip()
    except OSError:
        return out
    if how == "hang":
        world.lock.close()
        time.sleep(60)
    if how == "fail":
        raise Refused(111, "Connection refused\n%s: cannot connect to server %s (errno=111)" % (command, world.state["name"]))
    return {"half": out[: max(1, len(out) // 2)], "nothing": "", "html": "<html><body><h1>502 Bad Gateway</h1></body></html>\n"}.get(how, out)


def main():
    if sys.argv[1] == "init":
        return init(sys.argv[2], sys.argv[3])
    if sys.argv[1] == "mom":
        return mom(sys.argv[2], sys.argv[3])
    home, command, options = (sys.argv[2], "restart", []) if sys.argv[1] == "restart" else (sys.argv[1], sys.argv[2], sys.argv[3:])
    world = World(home)
    code = 0
    try:
        if os.path.exists(world.path("down")):
            raise Refused(111, "Connection refused\n%s: cannot connect to server %s (errno=111)" % (command, world.state["name"]))
        if command == "restart":
            world.state["started"] = time.time()
            for node in world.nodes.values():
                node.pop("mom", None)
        world.tick()
        out = {"qstat": qstat, "pbsnodes": pbsnodes, "qmgr": qmgr, "qsub": qsub, "qdel": qdel}.get(command, lambda *_: "")(world, options)
        if isinstance(out, tuple):
            out, code = out
        world.tick()
        world.save()
        out = fault(world, command, out)
    except Refused as refused:
        world.save()
        out, code = "", refused.code
        sys.stderr.write("%s\n" % refused)
    sys.stdout.write(out)
    sys.stdout.flush()
    sys.exit(code)


if __name__ == "__main__":
    main()
