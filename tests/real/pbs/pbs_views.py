"""What TORQUE and OpenPBS show of the world: the attributes of jobs and nodes, in the order in which they print them."""
from pbs_forms import ctime

VERSION = {"torque": "master", "openpbs": "23.06.06"}


def without_none(attributes):
    return {key: value for key, value in attributes.items() if value is not None}


def counts(world, queue=None):
    jobs = [job for job in world.jobs.values() if (queue is None or job["queue"] == queue)]
    if not world.torque:  # an array is one
        jobs = [job for job in jobs if not job["array"]] + [{"state": "Q"} for _ in {j["array"] for j in jobs if j["array"]}]
    states = [job["state"] for job in jobs]
    names = [("Transit", "T"), ("Queued", "Q"), ("Held", "H"), ("Waiting", "W"), ("Running", "R"), ("Exiting", "E")]
    names.append(("Complete", "C") if world.torque else ("Begun", "B"))
    return len(jobs), "".join("%s:%d " % (name, states.count(state)) for name, state in names)


def server(world):
    total, states = counts(world)
    attributes = {}
    for key, value in world.state["server"].items():
        attributes[key] = total if key == "total_jobs" else states if key == "state_count" else value
    return attributes


def queue(world, name):
    total, states = counts(world, name)
    stored = world.state["queues"][name]
    return {key: total if key == "total_jobs" else states if key == "state_count" else value for key, value in stored.items()}


def size(kib):
    return "%dgb" % (kib >> 20) if kib and kib % 2**20 == 0 else "%dmb" % (kib >> 10) if kib and kib % 2**10 == 0 else "%dkb" % kib


def openpbs_node(world, node):
    words = ["offline"] if node["offline"] else []
    jobs = world.jobs_on(node)
    used = {"mem": world.used(node, "mem"), "ncpus": world.used(node, "cpus"), "ngpus": world.used(node, "gpus")}
    if not node["up"]:
        words = (["offline"] if node["offline"] else []) + (["down"] if node.get("mom") else ["state-unknown", "down"])
    elif used["ncpus"] >= node["cpus"]:
        words.append("job-busy")
    mom = node.get("mom")
    return without_none({
        "Mom": node["name"],
        "Port": node.get("port", 15002),
        "pbs_version": VERSION["openpbs"] if mom else "unavailable",
        "ntype": "PBS",
        "state": ",".join(words) or "free",
        "pcpus": mom["pcpus"] if mom else None,
        "jobs": [job["id"] for job in jobs] or None,
        "resources_available": dict(sorted(({"arch": "linux"} if mom else {}).items() | node["available"].items())),
        "resources_assigned": {key: "%dkb" % (value >> 10) if key == "mem" else value for key, value in used.items() if value},
        "comment": node["comment"] or None,
        "resv_enable": "True",
        "sharing": "default_shared",
        "license": "l" if mom else None,
        "last_state_change_time": int(node["changed"]) if mom or node["offline"] else None,
    })


def openpbs_job(world, job):
    running = job["state"] == "R"
    when = {key: ctime(job[key]) for key in ("created", "queued")}
    where = job["where"]
    resources = dict(sorted(job["resources"].items()))
    return without_none({
        "Job_Name": job["name"],
        "Job_Owner": "%s@%s" % (job["user"], world.state["name"]),
        "job_state": job["state"],
        "queue": job["queue"],
        "server": world.state["name"],
        "Account_Name": job["account"] or None,
        "Checkpoint": "u",
        "ctime": when["created"],
        "depend": "afterok:%s@%s" % (job["after"], world.state["name"]) if job["after"] else None,
        "Error_Path": job["error_path"],
        "exec_host": "+".join("%s/%d%s" % (p["node"], p["first"], "*%d" % p["cpus"] if p["cpus"] > 1 else "") for p in where) if running else None,
        "exec_vnode": "+".join("(%s:ncpus=%d%s%s)" % (p["node"], p["cpus"], ":mem=%dkb" % (p["mem"] >> 10) if p["mem"] else "",
                                                       ":ngpus=%d" % p["gpus"] if p["gpus"] else "") for p in where) if running else None,
        "Execution_Time": ctime(job["begin"]) if job["state"] == "W" else None,
        "Hold_Types": job["holds"],
        "Join_Path": "n",
        "Keep_Files": "n",
        "Mail_Points": "a",
        "mtime": when["queued"],
        "Output_Path": job["output_path"],
        "Priority": job["priority"],
        "qtime": when["queued"],
        "Rerunable": job["rerunnable"],
        "Resource_List": resources,
        "schedselect": resources["select"],
        "stime": ctime(job["start"]) if running else None,
        "session_id": 4242 if running else None,
        "substate": {"R": 42, "H": 20, "W": 30}.get(job["state"], 10),
        "Variable_List": job["variables"],
        "euser": job["user"],
        "egroup": job["user"],
        "hashname": job["id"] if running else None,
        "queue_rank": int(job["created"] * 1000000),
        "queue_type": "E",
        "comment": ("Job run at " + ctime(job["start"])[:16] if running else job["comment"]) or None,
        "etime": when["queued"] if job["state"] in "QR" else None,
        "run_count": 1 if running else None,
        "Submit_arguments": job["args"],
        "project": "_pbs_project_default",
        "Submit_Host": world.state["name"],
    })


def openpbs_array(world, tasks):
    """The entry of an array, which stands before those of its tasks."""
    first = tasks[0]
    attributes = openpbs_job(world, {**first, "state": "B" if any(t["state"] == "R" for t in tasks) else first["state"], "where": []})
    waiting = [task for task in tasks if task["state"] != "R"]
    added = {
        "array": "True",
        "array_state_count": "Queued:%d Running:%d Exiting:0 Expired:0" % (len(waiting), len(tasks) - len(waiting)),
        "array_indices_submitted": first["range"],
        "array_indices_remaining": ",".join(str(task["index"]) for task in waiting) or "-",
        "max_run_subjobs": first["limit"] or None,
    }
    project = attributes.pop("project"), attributes.pop("Submit_Host")
    return {**attributes, **without_none(added), "project": project[0], "Submit_Host": project[1]}


def torque_node(world, node):
    words = []
    jobs = ["%d/%s" % (part["first"] + i, job["id"]) for job in world.jobs_on(node) for part in job["where"] if part["node"] == node["name"]
            for i in range(part["cpus"])]
    if not node["up"]:
        words = ["down"] + (["offline"] if node["offline"] else []) + ([] if node["listed"] else ["MOM-list-not-sent"])
    else:
        words = (["offline"] if node["offline"] else []) + (["job-exclusive"] if len(jobs) >= node["cpus"] else [])
    mom = node.get("mom")
    status = None
    if mom:
        memory = node["mem"] >> 10
        names = " ".join(job["id"] for job in world.jobs_on(node))
        status = ("opsys=linux,uname=Linux %s 6.1.0-999-amd64 #1 SMP PREEMPT_DYNAMIC @0 x86_64,sessions=? 0,nsessions=0,nusers=0,idletime=1,"
                  "totmem=%dkb,availmem=%dkb,physmem=%dkb,ncpus=%d,loadave=0.00,gres=,netload=0,state=free,varattr= ,cpuclock=Fixed,"
                  "version=master,rectime=%d,jobs=%s") % (node["name"], memory, memory, memory, mom["pcpus"], node["heard"], names)
    return without_none({
        "name": node["name"],
        "state": ",".join(words) or "free",
        "power_state": "Running",
        "np": node["cpus"],
        "properties": ",".join(node["properties"]) or None,
        "ntype": "cluster",
        "jobs": ",".join(jobs) or None,
        "status": status,
        "note": node["comment"] or None,
        "mom_service_port": 15002,
        "mom_manager_port": 15003,
        "gpus": node["gpus"] or None,
    })


def beyond_limit(world, job):
    """Of an array with a limit, no more tasks than that are running or queued; the others are held without a hold."""
    family = [one for one in world.jobs.values() if one["array"] == job["array"]]
    running = sum(1 for one in family if one["state"] == "R")
    ahead = sum(1 for one in family if one["state"] == "Q" and one["index"] < job["index"])
    return running + ahead >= job["limit"]


def torque_job(world, job):
    running = job["state"] == "R"
    times = {key: int(job[key]) for key in ("created", "queued")}
    limited = job["limit"] and job["state"] == "Q" and beyond_limit(world, job)
    return without_none({
        "Job_Id": job["id"],
        "Job_Name": job["name"] + ("-%d" % job["index"] if job["array"] else ""),
        "Job_Owner": "%s@%s" % (job["user"], world.state["name"]),
        "job_state": "H" if limited else job["state"],  # waiting tasks beyond the limit are held without a hold
        "queue": job["queue"],
        "server": world.state["name"],
        "Account_Name": job["account"] or None,
        "Checkpoint": "u",
        "ctime": times["created"],
        "depend": "afterok:%s" % job["after"] if job["after"] else None,
        "Error_Path": job["error_path"],
        "exec_host": "+".join("%s/%d%s" % (p["node"], p["first"], "-%d" % (p["first"] + p["cpus"] - 1) if p["cpus"] > 1 else "")
                              for p in job["where"]) if job["where"] else None,
        "Execution_Time": int(job["begin"]) if job["state"] == "W" else None,
        "Hold_Types": None if job["array"] and job["holds"] == "n" else job["holds"],
        "Join_Path": "n",
        "Keep_Files": "n",
        "Mail_Points": "a",
        "mtime": times["queued"],
        "Output_Path": job["output_path"],
        "Priority": job["priority"],
        "qtime": times["queued"],
        "Rerunable": job["rerunnable"],
        "Resource_List": job["resources"],
        "session_id": 4242 if running else None,
        "substate": {"R": 42, "H": 20, "W": 30, "C": 59}.get(job["state"], 10),
        "Variable_List": ",".join("%s=%s" % item for item in job["variables"].items()),
        "euser": job["user"],
        "egroup": job["user"],
        "hashname": job["id"] if running else None,
        "queue_rank": job["number"],
        "queue_type": "E",
        "comment": ("Job started on " + ctime(job["start"])[:10] if job["start"] else "" if limited else job["comment"]) or None,
        "etime": times["queued"] if job["state"] in "QRC" and not limited else None,
        "exit_status": 0 if job["state"] == "C" else None,
        "submit_args": job["args"],
        "job_array_id": job["index"] if job["array"] else None,
        "start_time": int(job["start"]) if job["start"] else None,
        "start_count": 1 if job["start"] else None,
        "fault_tolerant": "False",
        "comp_time": int(job["ended"]) if job["state"] == "C" else None,
        "job_radix": 0,
        "submit_host": world.state["name"],
        "init_work_dir": "/",
        "request_version": 1,
    })
