#!/usr/bin/python3
"""iam.py MOTO SOURCE WORK BUILD: a user of moto's IAM who has examples/iam/head.json and nothing else. Every call that tide makes
is allowed; with one action taken away that call is refused (kind auth; exit 7 from tide) and the hint names it.
moto judges actions alone: conditions (tide:cluster, ec2:CreateAction), resources, PassRole and the tags of RunInstances are
beyond it."""
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

moto, source, work, build = sys.argv[1:]
wrong = []


def expect(true, text):
    print(("ok: " if true else "FAILED: ") + text, flush=True)
    if not true:
        wrong.append(text)


def client(service, key="admin", secret="admin"):
    return boto3.client(service, region_name="us-east-1", endpoint_url=moto, aws_access_key_id=key, aws_secret_access_key=secret,
                        config=Config(retries={"total_max_attempts": 1}))


def put(user, document):
    iam.put_user_policy(UserName=user, PolicyName="tide", PolicyDocument=json.dumps(document))


def user_with(name, document):
    iam.create_user(UserName=name)
    put(name, document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def without(action):
    document = json.loads(json.dumps(policy))
    for statement in document["Statement"]:
        actions = statement["Action"]
        statement["Action"] = [each for each in ([actions] if isinstance(actions, str) else actions) if each != action]
    document["Statement"] = [statement for statement in document["Statement"] if statement["Action"]]
    return document


def run(*words):
    done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=200, check=False)
    return done.returncode, done.stdout


def tool(*words):
    return run(build + "/ec2-tool", moto, "us-east-1", *words)


policy = json.loads((Path(source) / "examples/iam/head.json").read_text())
iam = client("iam")
admin = user_with("admin", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
head = user_with("head", policy)
iam = client("iam", *admin)
with open(work + "/credentials", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
    file.write("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n" % head)
environment = dict(os.environ, AWS_SHARED_CREDENTIALS_FILE=work + "/credentials", AWS_CONFIG_FILE=work + "/none",
                   AWS_EC2_METADATA_DISABLED="true")
urllib.request.urlopen(urllib.request.Request(moto + "/moto-api/reset-auth", data=b"0", method="POST", headers={"Content-Type": "text/plain"}), timeout=60).read()

client("ec2", *admin).create_launch_template(LaunchTemplateName="small", LaunchTemplateData={"ImageId": "ami-12c6146b"})
number = 0


def token():
    global number
    number += 1
    return "%032x" % number


code, text = tool("launch", token(), "1", "1")
machine = text.split(" ")[0]
expect(code == 0 and machine.startswith("i-"), "ec2:RunInstances is allowed")
other = tool("launch", token(), "1", "1")[1].split(" ")[0]
CALLS = {
    "ec2:DescribeInstances": lambda: tool("list"),
    "ec2:DescribeImages": lambda: tool("launch", token(), "1", "1", "disk=30GiB"),
    "ec2:DescribeInstanceTypes": lambda: tool("types", "c5.large"),
    "ec2:RunInstances": lambda: tool("launch", token(), "1", "1"),
    "ec2:TerminateInstances": lambda: tool("terminate", machine),
    "ec2:GetConsoleOutput": lambda: tool("console", machine),
    "ec2:CreateFleet": lambda: tool("launch", token(), "1", "1", "fleet=true", "launch_template=small"),
    "ec2:DescribeInstanceStatus": lambda: tool("checks"),
    "ec2:DescribeSpotInstanceRequests": lambda: tool("notices"),
    "ec2:DescribeSpotPriceHistory": lambda: tool("prices", "c5.large"),
}
# moto lets tags of a launch pass without it; tide calls it by itself only for servers that take no tags at launch.
# It has no placement groups and no reserved instances.
NOT_JUDGED = {"ec2:CreateTags", "ec2:DescribePlacementGroups", "ec2:DescribeReservedInstances"}
# What only the doctor asks, and the key of the pool that it looks up by it.
DOCTOR = {"ec2:DescribeSubnets": "subnets", "ec2:DescribeSecurityGroups": "security_groups", "ec2:DescribeKeyPairs": "key",
          "ec2:DescribeVolumes": "leftovers"}
allowed = {action for statement in policy["Statement"]
           for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])}
judged = set(CALLS) | set(DOCTOR) | NOT_JUDGED
expect(allowed == judged, "each action of the policy has its call here: %s" % sorted(allowed ^ judged))
for action, call in CALLS.items():
    code, text = call()
    expect(code == 0, "%s: allowed%s" % (action, "" if code == 0 else "; it says:\n" + text))
for action, call in CALLS.items():
    put("head", without(action))
    code, text = call()
    hint = next((line for line in text.splitlines() if line.startswith("hint: ")), "")
    expect(code != 0 and "error auth: " in text and action in hint, "%s taken away: refused, and the hint names it%s"
           % (action, "" if action in hint else "; it says:\n" + text))
put("head", policy)


# Beside it, for pools with spot = "request".
requests = json.loads((Path(source) / "examples/iam/head-spot-request.json").read_text())


def request():
    return tool("launch", token(), "1", "1", "market=spot", "spot=request")


def put_requests(*kept):
    document = dict(requests, Statement=[dict(each, Action=list(kept)) for each in requests["Statement"][:1]] if kept else requests["Statement"])
    iam.put_user_policy(UserName="head", PolicyName="requests", PolicyDocument=json.dumps(document))


put_requests()
code, text = request()
waiting = text.split(" ")[0]
expect(code == 0 and waiting.startswith("sir-"), "ec2:RequestSpotInstances, CreateTags: allowed%s" % ("" if code == 0 else "; it says:\n" + text))
put_requests("ec2:RequestSpotInstances", "ec2:CreateTags")
code, text = tool("terminate", waiting)
expect(code != 0 and "error auth: " in text and "ec2:CancelSpotInstanceRequests" in text, "ec2:CancelSpotInstanceRequests taken away: refused, and the hint names it")
put_requests()
code, text = tool("terminate", waiting)
expect(code == 0, "ec2:CancelSpotInstanceRequests: allowed%s" % ("" if code == 0 else "; it says:\n" + text))
put_requests("ec2:CreateTags")
code, text = request()
expect(code != 0 and "error auth: " in text and "ec2:RequestSpotInstances" in text, "ec2:RequestSpotInstances taken away: refused, and the hint names it")
iam.delete_user_policy(UserName="head", PolicyName="requests")


# And for pools that keep machines stopped.
stopping = json.loads((Path(source) / "examples/iam/head-keep-stopped.json").read_text())
for action in ("ec2:StopInstances", "ec2:StartInstances"):
    iam.put_user_policy(UserName="head", PolicyName="stopping", PolicyDocument=json.dumps(
        dict(stopping, Statement=[dict(each, Action=[one for one in each["Action"] if one != action]) for each in stopping["Statement"]])))
    code, text = tool("stop" if "Stop" in action else "start", other)
    expect(code != 0 and "error auth: " in text and action in text, "%s taken away: refused, and the hint names it" % action)
iam.put_user_policy(UserName="head", PolicyName="stopping", PolicyDocument=json.dumps(stopping))
for verb in ("stop", "start"):
    code, text = tool(verb, other)
    expect(code == 0, "ec2:%sInstances: allowed%s" % (verb.title(), "" if code == 0 else "; it says:\n" + text))
iam.delete_user_policy(UserName="head", PolicyName="stopping")


def tide(*words):
    return run(build + "/tide", "-c", work + "/tide.toml", *words)


for action, words in {"ec2:DescribeInstances": ["scale-once"], "ec2:RunInstances": ["launch", "small", "-n", "1", "--yes"]}.items():
    put("head", without(action))
    code, text = tide(*words)
    expect(code == 7 and "Allow " + action in text, "tide %s without %s: exit %d, and it names it%s"
           % (words[0], action, code, "" if action in text else "; it says:\n" + text))
put("head", policy)
code, text = tide("scale-once")
expect(code == 0, "tide scale-once with the policy: exit %d%s" % (code, "" if code == 0 else "; it says:\n" + text))

ec2 = client("ec2", *admin)
ec2.create_key_pair(KeyName="admins")
subnet = ec2.describe_subnets()["Subnets"][0]
group = next(each["GroupId"] for each in ec2.describe_security_groups()["SecurityGroups"] if each["VpcId"] == subnet["VpcId"])
with open(work + "/tide.toml", "a") as file:
    file.write('key = "admins"\nsubnets = ["%s"]\nsecurity_groups = ["%s"]\n' % (subnet["SubnetId"], group))


def doctor_on(what):
    found = json.loads(tide("doctor", "--json")[1])["checks"]
    return [each for each in found if each["check"] == what and each["about"] == ("cloud 'aws'" if what == "leftovers" else "pool 'small'")]


for action, what in DOCTOR.items():
    put("head", policy)
    with_it = doctor_on(what)
    expect([each["level"] for each in with_it] == ["ok"], "tide doctor with %s: %s" % (action, with_it))
    put("head", without(action))
    found = doctor_on(what)
    expect([each["level"] for each in found] == ["warn"] and "may not be looked up" in found[0]["text"],
           "tide doctor without %s warns: %s" % (action, found))
put("head", policy)
ec2.create_volume(AvailabilityZone=subnet["AvailabilityZone"], Size=9, TagSpecifications=[
    {"ResourceType": "volume", "Tags": [{"Key": "tide:cluster", "Value": "iam"}]}])
ec2.create_volume(AvailabilityZone=subnet["AvailabilityZone"], Size=9, TagSpecifications=[
    {"ResourceType": "volume", "Tags": [{"Key": "tide:cluster", "Value": "other"}]}])
left = doctor_on("leftovers")
expect([each["level"] for each in left] == ["warn"] and "1 volume of this cluster has no machine: vol-" in left[0]["text"],
       "tide doctor tells the volume that is left: %s" % left)
sys.exit(1 if wrong else 0)
