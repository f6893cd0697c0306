#!/usr/bin/python3
"""boto.py ENDPOINT KEY SECRET TOKEN: Debian's boto3 against the fake EC2, on every call that tide makes."""
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, key, secret, token = sys.argv[1:]
ec2 = boto3.client("ec2", region_name="eu-central-1", endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
                   aws_session_token=token, config=Config(retries={"total_max_attempts": 1}))
tags = [{"Key": "tide:cluster", "Value": "physics"}, {"Key": "tide:owner", "Value": "a + b/\u00e9"}]
order = dict(ImageId="ami-0abc", InstanceType="c5.large", MinCount=1, MaxCount=3, ClientToken="boto-1", UserData="echo 'a&b=c+d'",
             TagSpecifications=[{"ResourceType": "instance", "Tags": tags}])
mine = [{"Name": "tag:tide:cluster", "Values": ["physics"]}]


def refused(code, call, **words):
    try:
        call(**words)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError("not refused: " + code)


first = ec2.run_instances(**order)["Instances"]
assert [each["AmiLaunchIndex"] for each in first] == [0, 1, 2] and first[0]["Tags"] and first[0]["State"]["Name"] == "pending"
assert [each["InstanceId"] for each in ec2.run_instances(**order)["Instances"]] == [each["InstanceId"] for each in first]
refused("IdempotentParameterMismatch", ec2.run_instances, **dict(order, MaxCount=2))
pages = list(ec2.get_paginator("describe_instances").paginate(Filters=mine, PaginationConfig={"PageSize": 5}))
listed = [each for page in pages for group in page["Reservations"] for each in group["Instances"]]
assert sorted(each["InstanceId"] for each in listed) == sorted(each["InstanceId"] for each in first)
assert {tag["Key"]: tag["Value"] for tag in listed[0]["Tags"]}["tide:owner"] == "a + b/\u00e9"
ids = [each["InstanceId"] for each in first]
ec2.create_tags(Resources=ids[:1], Tags=[{"Key": "mark", "Value": "x"}])
assert len(ec2.describe_instances(Filters=[{"Name": "tag:mark", "Values": ["x"]}])["Reservations"]) == 1
assert ec2.get_console_output(InstanceId=ids[0])["Output"]
kinds = ec2.describe_instance_types(Filters=[{"Name": "instance-type", "Values": ["c5.large", "no.such"]}])["InstanceTypes"]
assert [(kind["VCpuInfo"]["DefaultVCpus"], kind["MemoryInfo"]["SizeInMiB"]) for kind in kinds] == [(2, 4096)]
assert ec2.describe_images(ImageIds=["ami-0abc"])["Images"][0]["RootDeviceName"] == "/dev/xvda"
assert ec2.stop_instances(InstanceIds=ids[:1])["StoppingInstances"][0]["CurrentState"]["Name"] == "stopping"
refused("IncorrectInstanceState", ec2.start_instances, InstanceIds=ids[:1])
while ec2.describe_instances(InstanceIds=ids[:1])["Reservations"][0]["Instances"][0]["State"]["Name"] != "stopped":
    pass
assert ec2.start_instances(InstanceIds=ids[:1])["StartingInstances"][0]["PreviousState"]["Name"] == "stopped"
assert ec2.start_instances(InstanceIds=ids[:1])["StartingInstances"][0]["CurrentState"]["Name"] in ("pending", "running")
refused("InvalidInstanceID.NotFound", ec2.terminate_instances, InstanceIds=[ids[0], "i-0123456789abcdef0"])
ended = ec2.terminate_instances(InstanceIds=ids)["TerminatingInstances"]
assert {each["CurrentState"]["Name"] for each in ended} == {"shutting-down"}
assert {each["CurrentState"]["Name"] for each in ec2.terminate_instances(InstanceIds=ids)["TerminatingInstances"]} == {"shutting-down"}
asked = dict(Type="one-time", InstanceCount=1, ClientToken="boto-2", SpotPrice="0.05", ValidUntil="2099-01-01T00:00:00Z",
             LaunchSpecification={"ImageId": "ami-0abc", "InstanceType": "c5.large"},
             TagSpecifications=[{"ResourceType": "spot-instances-request", "Tags": tags}])
sir = ec2.request_spot_instances(**asked)["SpotInstanceRequests"][0]["SpotInstanceRequestId"]
assert ec2.request_spot_instances(**asked)["SpotInstanceRequests"][0]["SpotInstanceRequestId"] == sir
refused("IdempotentParameterMismatch", ec2.request_spot_instances, **dict(asked, SpotPrice="0.06"))
spots = [each for page in ec2.get_paginator("describe_spot_instance_requests").paginate(Filters=mine) for each in page["SpotInstanceRequests"]]
assert [(each["SpotInstanceRequestId"], each["State"], each["ValidUntil"].year) for each in spots] == [(sir, "active", 2099)], spots
assert ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[sir])["CancelledSpotInstanceRequests"][0]["State"] == "cancelled"
assert ec2.describe_reserved_instances(Filters=[{"Name": "state", "Values": ["active"]}])["ReservedInstances"] == []
print("boto3 %s against the fake: all calls" % boto3.__version__)
