#!/usr/bin/python3
"""check_iam.py SOURCE: examples/iam holds what tide calls and no more: every action that lib/cloud/ec2 names is allowed, every
allowed one is named there, what changes or ends machines is bound to the cluster's tag, and ec2.md names each action."""
import json
import re
import sys
from pathlib import Path

VERBS = "Describe|Get|Run|Create|Terminate|Stop|Start|Modify|Cancel|Request|Delete|Release|Associate|Disassociate|Attach|Detach"
OWN_ONLY = {"ec2:TerminateInstances", "ec2:StopInstances", "ec2:StartInstances", "ec2:GetConsoleOutput"}
# Parameters that read like actions.
PARAMETERS = {"StartTime"}
# Asked for by the tags of RunInstances, and by servers that take none there.
IMPLIED = {"ec2:CreateTags"}
wrong = []


def expect(true, text):
    if not true:
        wrong.append(text)


def statements(path):
    document = json.loads(path.read_text())
    expect(document["Version"] == "2012-10-17", "%s: the old policy language" % path)
    for statement in document["Statement"]:
        expect(statement["Effect"] == "Allow", "%s: only what is allowed is written" % path)
        actions = statement["Action"]
        yield statement, set([actions] if isinstance(actions, str) else actions)


source = Path(sys.argv[1])
code = "".join(path.read_text() for path in sorted((source / "lib/cloud/ec2").rglob("*.cpp")))
# The parsers name the documents that come back: "RunInstancesResponse".
called = {"ec2:" + name for name in re.findall(r'"((?:%s)[A-Z]\w+)"' % VERBS, code) if not name.endswith(("Response", "Result")) and name not in PARAMETERS}
expect({"ec2:RunInstances", "ec2:DescribeInstances", "ec2:TerminateInstances"} <= called, "the scan of lib/cloud/ec2 finds no calls")
page = (source / "lib/cloud/ec2/ec2.md").read_text()
allowed = set()
for statement, actions in statements(source / "examples/iam/head.json"):
    allowed |= actions
    expect(not any("*" in action for action in actions), "no wildcards: %s" % sorted(actions))
    condition = statement.get("Condition", {}).get("StringEquals", {})
    if actions & OWN_ONLY:
        expect(actions <= OWN_ONLY and "aws:ResourceTag/tide:cluster" in condition, "%s must be bound to tide:cluster" % sorted(actions))
    if "ec2:CreateTags" in actions:
        expect(actions == {"ec2:CreateTags"} and "ec2:CreateAction" in condition, "CreateTags must be bound to ec2:CreateAction")
# Beside head.json, for those who adopt and disown machines: tags of tide's alone, on no other cluster's machine.
for statement, actions in statements(source / "examples/iam/head-adopt.json"):
    allowed |= actions
    condition = statement["Condition"]
    expect(actions <= {"ec2:CreateTags", "ec2:DeleteTags"}, "head-adopt.json is for tags only")
    expect(statement["Resource"].endswith(":instance/*"), "head-adopt.json is for machines only")
    expect("aws:ResourceTag/tide:cluster" in condition["StringEqualsIfExists"], "another cluster's machines are its own")
    expect(condition["ForAllValues:StringLike"] == {"aws:TagKeys": "tide:*"}, "head-adopt.json is for tide's own tags")
# Beside head.json, where pools have spot = "request": requests, what came of them, and nothing of another cluster's.
for statement, actions in statements(source / "examples/iam/head-spot-request.json"):
    allowed |= actions
    condition = statement.get("Condition", {})
    expect(actions <= {"ec2:RequestSpotInstances", "ec2:CancelSpotInstanceRequests", "ec2:CreateTags", "ec2:DeleteTags"}, "head-spot-request.json is for requests")
    if "ec2:CreateTags" in actions:
        expect("aws:RequestTag/tide:cluster" in condition["StringEquals"], "what is tagged is this cluster's")
        expect("aws:ResourceTag/tide:cluster" in condition["StringEqualsIfExists"], "another cluster's requests and machines are its own")
        expect(condition["ForAllValues:StringLike"] == {"aws:TagKeys": "tide:*"}, "head-spot-request.json is for tide's own tags")
    if actions & {"ec2:CancelSpotInstanceRequests", "ec2:DeleteTags"}:
        expect("aws:ResourceTag/tide:cluster" in condition["StringEquals"], "only own requests are called off")
# Beside head.json, where pools keep machines stopped.
for statement, actions in statements(source / "examples/iam/head-keep-stopped.json"):
    allowed |= actions
    expect(actions == {"ec2:StopInstances", "ec2:StartInstances"}, "head-keep-stopped.json is for stopping and starting")
    expect("aws:ResourceTag/tide:cluster" in statement["Condition"]["StringEquals"], "only own machines are stopped")
for action in sorted(called - allowed):
    wrong.append("lib/cloud/ec2 calls %s, which examples/iam/head.json does not allow" % action)
for action in sorted(allowed - called - IMPLIED):
    wrong.append("examples/iam/head.json allows %s, which nothing calls" % action)
for action in sorted(called):
    expect(action[len("ec2:"):] in page, "lib/cloud/ec2/ec2.md does not name %s" % action)
for statement, actions in statements(source / "examples/iam/head-pass-role.json"):
    expect(actions == {"iam:PassRole"} and statement["Resource"] != "*", "PassRole names its role")
    expect("iam:PassedToService" in statement["Condition"]["StringEquals"], "PassRole is for EC2 only")
print("\n".join("FAILED: " + text for text in wrong) or "iam: %d actions" % len(allowed))
sys.exit(1 if wrong else 0)
