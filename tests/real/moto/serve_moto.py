#!/usr/bin/python3
"""serve_moto.py PORT_FILE: moto on a free port of loopback, which it writes to PORT_FILE once its tables are loaded."""
import logging
import os
import sys
import threading
import urllib.request

from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.WARNING)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
server.start()
host, port = server.get_host_and_port()
# The first EC2 call loads the tables of images and types (seconds): pay for it here, not in a test.
form = b"Action=DescribeImages&Version=2016-11-15&Owner.1=self"
credential = "AWS4-HMAC-SHA256 Credential=warm/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0"
ask = urllib.request.Request("http://%s:%d/" % (host, port), data=form, headers={"Authorization": credential})
urllib.request.urlopen(ask, timeout=120).read()
with open(sys.argv[1] + ".new", "w") as file:
    file.write("%d\n" % port)
os.rename(sys.argv[1] + ".new", sys.argv[1])
threading.Event().wait()
