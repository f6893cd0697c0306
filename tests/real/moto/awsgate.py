#!/usr/bin/python3
"""awsgate.py PORT_FILE MOTO_PORT KEYS_FILE: a strict front door for moto, on a free port of loopback.

It does what EC2 does and moto does not: checks Signature V4 over the raw bytes (with Debian's botocore), the clock to 5
minutes, region and service of the scope; keeps ClientToken; starts up to MaxCount as far as there is
capacity; refuses tags for machines that are not there. KEYS_FILE has lines ACCESS_KEY SECRET [SESSION_TOKEN] and is read for
each request; what STS gives out through the gate is known too. Faults are ordered by GET:
  /__gate/fail?n=3&status=503&code=RequestLimitExceeded[&action=RunInstances][&message=..][&retry_after=2]
  /__gate/fail?n=1&mode=drop|truncate|hang|html|page[&after=1]   after=1: moto does the work, then the answer is
                          lost; html: a 502's page, page: 200 with a web page
  /__gate/page?n=1        so many machines a page of DescribeInstances, whatever MaxResults says
  /__gate/machine?id=i-1[&impaired=system|instance][&event=instance-retirement][&notice=marked-for-termination]
                          what moto does not know of a machine: its health, and the notice to a spot machine
  /__gate/spot-price?type=c5.large&zone=us-east-1a&price=0.04   instead of moto's 0.00001
  /__gate/capacity?n=5    so many more can start; without n: no limit
  /__gate/refuse?what=TYPE|PLACE|TYPE@PLACE&code=Unsupported[&status=400]    launches of it, until the code is empty
  /__gate/skew?s=3600     the gate's clock is off by so much     /__gate/delay?ms=200     /__gate/reset
  /__gate/log             one JSON object a request: action, service, key, region, status, code, injected
"""
import datetime
import hashlib
import html
import http.client
import json
import os
import re
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<signed>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})$")
CLOCK_SECONDS = 300
NOT_FORWARDED = {"connection", "accept-encoding", "expect", "content-length", "host"}


class Refusal(Exception):
    def __init__(self, status, code, message, retry_after=None):
        super().__init__(code)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after


class State:
    """What tests order and the gate remembers."""

    def __init__(self, keys_file, moto_port):
        self.keys_file, self.moto_port = keys_file, moto_port
        self.lock = threading.RLock()
        self.reset()

    def reset(self):
        with self.lock:
            self.faults, self.log, self.tokens, self.issued, self.refusals = [], [], {}, {}, {}
            self.delay_seconds, self.skew_seconds, self.capacity, self.page = 0.0, 0, None, None
            self.machines, self.spot_prices = {}, {}

    def keys(self):
        with open(self.keys_file) as file:
            rows = [line.split() for line in file if line.strip()]
        return dict(self.issued, **{row[0]: (row[1], row[2] if len(row) > 2 else None) for row in rows})

    def note_issued(self, answer):
        """The keys in STS's answer open this gate."""
        fields = [re.search(rb"<%s>([^<]+)</%s>" % (name, name), answer) for name in (b"AccessKeyId", b"SecretAccessKey", b"SessionToken")]
        if all(fields):
            key, secret, token = (html.unescape(field[1].decode()) for field in fields)
            self.issued[key] = (secret, token)

    def now(self):
        return datetime.datetime.utcnow() + datetime.timedelta(seconds=self.skew_seconds)

    def take_fault(self, action):
        with self.lock:
            for fault in self.faults:
                if fault["n"] > 0 and fault.get("action", action) == action:
                    fault["n"] -= 1
                    return fault
        return None

    def check_refusals(self, parameters):
        kind = parameters.get("InstanceType", "")
        place = parameters.get("SubnetId") or parameters.get("Placement.AvailabilityZone", "")
        for what in ("%s@%s" % (kind, place), kind, place):
            code, status = self.refusals.get(what, ("", 0))
            if what and code:
                raise Refusal(status, code, "Refused as the test asked: %s." % what)

    def take_capacity(self, least, most, kind):
        with self.lock:
            if self.capacity is None:
                return most
            count = min(most, self.capacity)
            if count < least:
                raise Refusal(500, "InsufficientInstanceCapacity",
                              "We currently do not have sufficient %s capacity in the Availability Zone you requested." % kind)
            self.capacity -= count
            return count


def refuse_credentials(service):
    if service == "ec2":
        return Refusal(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
    return Refusal(403, "InvalidClientTokenId", "The security token included in the request is invalid.")


def check_clock(stamp, day, service, now):
    try:
        when = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")
    except ValueError:
        raise Refusal(400, "IncompleteSignature", "X-Amz-Date is missing or malformed")
    if not stamp.startswith(day):
        raise Refusal(403, "SignatureDoesNotMatch", "Date in Credential scope does not match X-Amz-Date")
    if abs((now - when).total_seconds()) <= CLOCK_SECONDS:
        return
    if service == "ec2":
        raise Refusal(400, "RequestExpired", "Request has expired.")
    raise Refusal(403, "SignatureDoesNotMatch", "Signature expired: %s" % stamp)


def check_signature(state, headers, method, target, body):
    """The region that the request was signed for; raises Refusal as EC2 words it."""
    given = headers.get("Authorization")
    if not given:
        raise Refusal(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    match = AUTHORIZATION.match(given)
    if not match:
        raise Refusal(400, "IncompleteSignature", "Authorization header is malformed")
    service, region, signed = match["service"], match["region"], match["signed"].split(";")
    secret, token = state.keys().get(match["key"], (None, None))
    if secret is None or (headers.get("X-Amz-Security-Token") or None) != token:
        raise refuse_credentials(service)
    if "host" not in signed or "x-amz-date" not in signed or (token and "x-amz-security-token" not in signed):
        raise Refusal(403, "SignatureDoesNotMatch", "host, x-amz-date and the session token must be signed")
    stamp = headers.get("X-Amz-Date", "")
    if headers.get("X-Amz-Content-Sha256", "").lower() not in ("", hashlib.sha256(body).hexdigest()):
        raise Refusal(400, "XAmzContentSHA256Mismatch", "the body does not match")
    request = AWSRequest(method=method, url="http://" + headers["Host"] + target, data=body,
                         headers={name: value for name, value in headers.items() if name.lower() in signed})
    request.context["timestamp"] = stamp
    signer = SigV4Auth(Credentials(match["key"], secret, token), service, region)
    canonical = signer.canonical_request(request)
    if signer.signature(signer.string_to_sign(request, canonical), request) != match["signature"]:
        if service == "ec2":
            raise refuse_credentials(service)
        raise Refusal(403, "SignatureDoesNotMatch", "The Canonical String should have been\n'%s'" % canonical)
    check_clock(stamp, match["day"], service, state.now())
    return region


def with_count(body, count):
    """moto starts MinCount machines: let both be what EC2 would start."""
    return re.sub(rb"(^|&)(MinCount|MaxCount)=\d+", lambda found: b"%s%s=%d" % (found[1], found[2], count), body)


def matches(parameters, facts):
    """As EC2 filters: all of them, each by any of its values."""
    number = 1
    while "Filter.%d.Name" % number in parameters:
        wanted = [value for name, value in parameters.items() if name.startswith("Filter.%d.Value." % number)]
        if facts.get(parameters["Filter.%d.Name" % number], "") not in wanted:
            return False
        number += 1
    return True


def check_xml(name, impaired):
    return "<%s><status>%s</status><details><item><name>reachability</name><status>%s</status></item></details></%s>" % (
        name, "impaired" if impaired else "ok", "failed" if impaired else "passed", name)


def status_item(machine, facts):
    tomorrow = (datetime.datetime.utcnow() + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    events = "<eventsSet><item><code>%s</code><description>The instance is running on degraded hardware</description>" \
        "<notBefore>%s</notBefore></item></eventsSet>" % (escape(facts["event"]), tomorrow) if facts.get("event") else ""
    return "<instanceId>%s</instanceId>%s<instanceState><code>16</code><name>running</name></instanceState>%s%s" % (
        escape(machine), events, check_xml("systemStatus", facts.get("impaired") == "system"),
        check_xml("instanceStatus", facts.get("impaired") == "instance"))


def describe_health(state, action, parameters):
    """The answer to what moto knows nothing of, or None: moto answers."""
    items = []
    if action == "DescribeInstanceStatus" and "Filter.1.Name" in parameters:
        listed = "instanceStatusSet"
        for machine, facts in sorted(state.machines.items()):
            known = {kind + "-status.status": "impaired" if facts.get("impaired") == kind else "ok" for kind in ("system", "instance")}
            if matches(parameters, dict(known, **{"event.code": facts.get("event", "")})):
                items.append(status_item(machine, facts))
    elif action == "DescribeSpotInstanceRequests" and parameters.get("Filter.1.Name") == "status-code":
        listed = "spotInstanceRequestSet"
        for machine, facts in sorted(state.machines.items()):
            code = facts.get("notice", "fulfilled")
            if matches(parameters, {"status-code": code}):
                items.append("<spotInstanceRequestId>sir-%s</spotInstanceRequestId><state>active</state><status><code>%s</code>"
                             "<message>as the test asked</message></status><instanceId>%s</instanceId>" % (machine[-8:], code, machine))
    elif action == "DescribeSpotPriceHistory" and state.spot_prices:
        listed = "spotPriceHistorySet"
        types = [value for name, value in parameters.items() if name.startswith("InstanceType.")]
        for (kind, zone), price in sorted(state.spot_prices.items()):
            if not types or kind in types:
                items.append("<instanceType>%s</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>%s</spotPrice>"
                             "<timestamp>2026-01-01T00:00:00.000Z</timestamp><availabilityZone>%s</availabilityZone>" % (kind, price, zone))
    else:
        return None
    return '<?xml version="1.0" encoding="UTF-8"?><%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><%s>%s</%s></%sResponse>' % (
        action, listed, "".join("<item>%s</item>" % item for item in items), listed, action)


class Gate(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state = None

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string((timestamp or time.time()) + self.state.skew_seconds)

    def reply(self, status, data, kind="text/xml;charset=UTF-8", retry_after=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, service, refusal):
        request = str(uuid.uuid4())
        code, message = escape(refusal.code), escape(refusal.message)
        if service == "ec2":
            text = ('<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error>'
                    "</Errors><RequestID>%s</RequestID></Response>" % (code, message, request))
        else:
            text = ("<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId>"
                    "</ErrorResponse>" % (code, message, request))
        self.reply(refusal.status, text.encode(), retry_after=refusal.retry_after)

    def order(self, what, query):
        state = self.state
        if what == "fail":
            state.faults.append(dict(query, n=int(query.get("n", 1))))
        elif what == "capacity":
            state.capacity = int(query["n"]) if "n" in query else None
        elif what == "page":
            state.page = query["n"]
        elif what == "refuse":
            state.refusals[query["what"]] = (query.get("code", ""), int(query.get("status", 400)))
        elif what == "machine":
            state.machines.setdefault(query.pop("id"), {}).update(query)
        elif what == "spot-price":
            state.spot_prices[query["type"], query["zone"]] = query["price"]
        elif what == "skew":
            state.skew_seconds = int(query["s"])
        elif what == "delay":
            state.delay_seconds = int(query["ms"]) / 1000
        elif what == "reset":
            state.reset()
        elif what != "log":
            return self.reply(404, b"no such order\n", "text/plain")
        lines = "".join(json.dumps(row) + "\n" for row in state.log) if what == "log" else "ok\n"
        return self.reply(200, lines.encode(), "text/plain")

    def forward(self, body):
        moto = http.client.HTTPConnection("127.0.0.1", self.state.moto_port, timeout=600)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_FORWARDED}
        moto.request(self.command, self.path, body=body or None, headers=headers)
        answer = moto.getresponse()
        return answer.status, answer.read(), answer.getheader("Content-Type") or "text/xml"

    def run_instances(self, parameters, body):
        """As EC2: the same token and words bring the same machines; other words are refused."""
        state, token = self.state, parameters.get("ClientToken")
        with state.lock:
            known = state.tokens.get(token)
            if known and known[0] != parameters:
                raise Refusal(400, "IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with "
                              "arguments used in previous request(s).")
            if known:
                return known[1]
            state.check_refusals(parameters)
            count = state.take_capacity(int(parameters.get("MinCount", 1)), int(parameters.get("MaxCount", 1)),
                                        parameters.get("InstanceType", ""))
            answer = self.forward(with_count(body, count))
            if token and answer[0] == 200:
                state.tokens[token] = (parameters, answer)
            return answer

    def request_spot_instances(self, parameters, body):
        """As EC2: the same token and words bring the same requests."""
        state, token = self.state, parameters.get("ClientToken")
        with state.lock:
            known = state.tokens.get(token)
            if known and known[0] != parameters:
                raise Refusal(400, "IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent.")
            if known:
                return known[1]
            answer = self.forward(body)
            if token and answer[0] == 200:
                state.tokens[token] = (parameters, answer)
            return answer

    def act(self, action, parameters, body):
        if action == "RunInstances":
            return self.run_instances(parameters, body)
        if action == "RequestSpotInstances":
            return self.request_spot_instances(parameters, body)
        if action == "DescribeInstances" and self.state.page:
            body = re.sub(rb"(^|&)MaxResults=\d+", lambda found: found[1] + b"MaxResults=" + self.state.page.encode(), body)
        known = describe_health(self.state, action, parameters)
        if known is not None:
            return 200, known.encode(), "text/xml"
        if action in ("CreateTags", "DeleteTags"):  # moto tags what is not there
            ids = [value for name, value in parameters.items() if name.startswith("ResourceId.") and value.startswith("i-")]
            asked = "&".join("InstanceId.%d=%s" % (number, each) for number, each in enumerate(ids, 1))
            there = self.forward(("Action=DescribeInstances&Version=2016-11-15&" + asked).encode())
            if ids and there[0] != 200:
                return there
        answer = self.forward(body)
        if action.startswith("AssumeRole") and answer[0] == 200:
            self.state.note_issued(answer[1])
            answer = (answer[0], self.shift_expiry(answer[1]), answer[2])
        return answer

    def shift_expiry(self, text):
        """moto's clock is right: let the gate's be the only one."""
        form, skew = "%Y-%m-%dT%H:%M:%S", datetime.timedelta(seconds=self.state.skew_seconds)

        def shifted(found):
            return (datetime.datetime.strptime(found[0].decode(), form) + skew).strftime(form).encode()

        return re.sub(rb"(?<=<Expiration>)[-\d]+T[\d:]+", shifted, text)

    def spoil(self, fault, answer):
        """Loses, cuts or replaces the answer."""
        self.close_connection = True
        if fault["mode"] == "html":
            return self.reply(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html")
        if fault["mode"] == "page":
            return self.reply(200, b"<!doctype html><html lang=en><p>Log in</html>", "text/html")
        if fault["mode"] == "hang":
            time.sleep(float(fault.get("s", 30)))
        if fault["mode"] == "truncate":
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write((answer[1] if answer else b"<?xml version='1.0'?><DescribeInst")[:500])
        return self.connection.close()

    def serve(self, record, action, parameters, body):
        # Whoever has a platform's token signs nothing.
        if action != "AssumeRoleWithWebIdentity":
            record["region"] = check_signature(self.state, self.headers, self.command, self.path, body)
        fault = self.state.take_fault(action)
        if fault is None:
            answer = self.act(action, parameters, body)
            record["status"] = answer[0]
            return self.reply(*answer)
        record["injected"] = fault.get("mode") or fault.get("code", "RequestLimitExceeded")
        if "mode" not in fault:
            raise Refusal(int(fault.get("status", 503)), record["injected"], fault.get("message", "Request limit exceeded."),
                          fault.get("retry_after"))
        answer = self.act(action, parameters, body) if fault.get("after") else None
        record["status"] = answer[0] if answer else 0
        return self.spoil(fault, answer)

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path.startswith("/__gate/"):
            return self.order(url.path[len("/__gate/"):], dict(parse_qsl(url.query)))
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        text = body.decode("utf-8", "replace") if self.command == "POST" else url.query
        parameters = dict(parse_qsl(text, keep_blank_values=True))
        action = parameters.get("Action", "")
        scope = re.search(r"/([^/,]+)/aws4_request", self.headers.get("Authorization", ""))
        key = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
        record = {"action": action, "service": scope[1] if scope else "ec2", "key": key[1] if key else ""}
        self.state.log.append(record)
        if self.state.delay_seconds:
            time.sleep(self.state.delay_seconds)
        try:
            return self.serve(record, action, parameters, body)
        except Refusal as refusal:
            record["status"], record["code"] = refusal.status, refusal.code
            return self.refuse(record["service"], refusal)

    do_POST = do_GET


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        kind = sys.exc_info()[0]
        # A client that hangs up, and our own closing of a connection, are what tests are about.
        if not issubclass(kind, (ConnectionError, ValueError, OSError)):
            super().handle_error(request, client_address)


def main():
    port_file, moto_port, keys_file = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    Gate.state = State(keys_file, moto_port)
    server = Server(("127.0.0.1", 0), Gate)
    with open(port_file + ".new", "w") as file:
        file.write("%d\n" % server.server_address[1])
    os.rename(port_file + ".new", port_file)
    server.serve_forever()


main()
