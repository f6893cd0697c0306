#!/usr/bin/python3
"""compare.py SIGNER [COUNT] [SEED]: signs COUNT random requests with SIGNER and with Debian's botocore, and compares
the Authorization header, the date, the token and the canonical request of each. A failing seed is printed."""
import base64, datetime, json, random, subprocess, sys, time
from urllib.parse import quote
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
import botocore.auth

REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-2", "cn-north-1", "us-gov-west-1", "nova", "RegionOne", "x"]
SERVICES = ["ec2", "autoscaling", "sts", "service"]
ALPHABET = "abcXYZ019-_.~ !*'()/:;,@&=+$%<>\"\\^`{}|#?[]éßሴ漢🚀\t"
B64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


def word(r, low, high, alphabet=ALPHABET):
    return "".join(r.choice(alphabet) for _ in range(r.randint(low, high)))


def path(r):
    parts = [r.choice(["", ".", "..", "services", "Cloud", quote(word(r, 1, 8)), "a b", "x~y", quote("é ü"), "%2F"]) for _ in range(r.randint(0, 6))]
    return "/" + "/".join(parts) + r.choice(["", "/"]) if parts else r.choice(["", "/"])


def query(r):
    pairs = []
    for _ in range(r.randint(0, 6)):
        key = quote(word(r, 1, 6), safe="-_.~")
        pairs.append(key + "=" + quote(word(r, 0, 10), safe="-_.~") if r.random() < 0.9 else key)
    if pairs and r.random() < 0.2:
        pairs.append(pairs[0])
    r.shuffle(pairs)
    return "?" + "&".join(pairs) if pairs else ""


def headers(r):
    found = [["Content-Type", r.choice(["application/x-www-form-urlencoded; charset=utf-8", "text/plain", "application/xml"])]]
    for n in range(r.randint(0, 4)):
        name = r.choice(["X-Amz-Meta-", "My-Header", "x-", "ACCEPT-"]) + str(n)
        found.append([name, " " * r.randint(0, 3) + "  ".join(word(r, 1, 6, "abc XYZ,;=\"") for _ in range(r.randint(0, 3)))])
    if r.random() < 0.3:
        found.append(["User-Agent", "tide/0.1"])
    if r.random() < 0.1:
        found.append(["Expect", "100-continue"])
    r.shuffle(found)
    return found


def body(r, method):
    if method == "GET" or r.random() < 0.1:
        return b""
    if r.random() < 0.2:
        return bytes(r.getrandbits(8) for _ in range(r.randint(1, 300)))
    return "&".join(quote(word(r, 1, 8), safe="") + "=" + quote(word(r, 0, 30), safe=r.choice(["", " "])).replace(" ", "+") for _ in range(r.randint(1, 20))).encode()


def request(r):
    method = r.choice(["GET", "POST", "POST", "PUT", "DELETE"])
    host = r.choice(["ec2.%s.amazonaws.com", "%s.Example.ORG", "127.0.0.1", "[::1]"])
    host = host % word(r, 1, 6, "abcdef012") if "%s" in host else host
    scheme = r.choice(["https", "http"])
    port = r.choice(["", "", ":443", ":80", ":8773", ":5000"])
    when = datetime.datetime(2000, 1, 1) + datetime.timedelta(seconds=r.randint(0, 50 * 365 * 86400))
    return {"access_key": word(r, 16, 24, "ABCDEFGHIJ0123456789"), "secret_key": word(r, 20, 60, B64),
            "token": word(r, 50, 400, B64) if r.random() < 0.4 else "", "region": r.choice(REGIONS), "service": r.choice(SERVICES),
            "time": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "method": method, "url": "%s://%s%s%s%s" % (scheme, host, port, path(r), query(r)),
            "headers": headers(r), "body": base64.b64encode(body(r, method)).decode()}


def by_botocore(q):
    stamp = q["time"].replace("-", "").replace(":", "")

    class Frozen(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return datetime.datetime.strptime(q["time"], "%Y-%m-%dT%H:%M:%SZ")
    botocore.auth.datetime.datetime = Frozen
    try:
        ask = AWSRequest(method=q["method"], url=q["url"], data=base64.b64decode(q["body"]))
        for name, value in q["headers"]:
            ask.headers.add_header(name, value)
        signer = SigV4Auth(Credentials(q["access_key"], q["secret_key"], q["token"] or None), q["service"], q["region"])
        signer.add_auth(ask)
    finally:
        botocore.auth.datetime.datetime = REAL
    del_auth = ask.headers["Authorization"]
    canonical_of = AWSRequest(method=q["method"], url=q["url"], data=base64.b64decode(q["body"]))
    for name, value in ask.headers.items():
        if name != "Authorization":
            canonical_of.headers.add_header(name, value)
    canonical_of.context["timestamp"] = stamp
    return {"Authorization": del_auth, "X-Amz-Date": ask.headers["X-Amz-Date"],
            "X-Amz-Security-Token": ask.headers.get("X-Amz-Security-Token")}, signer.canonical_request(canonical_of)


REAL = datetime.datetime
signer, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5000
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20261125
r = random.Random(seed)
asked = [request(r) for _ in range(count)]
out = subprocess.run([signer], input="".join(json.dumps(q) + "\n" for q in asked).encode(), stdout=subprocess.PIPE, check=True).stdout
answers = [json.loads(line) for line in out.splitlines()]
assert len(answers) == count, "%d answers to %d requests" % (len(answers), count)
bad = 0
for number, (q, a) in enumerate(zip(asked, answers)):
    want, canonical = by_botocore(q)
    got = {name: a["headers"].get(name) for name in want}
    if got != want or a["canonical"] != canonical:
        bad += 1
        if bad <= 3:
            print("request %d of seed %d: %s\nours:\n%s\n%s\nbotocore's:\n%s\n%s" % (number, seed, json.dumps(q), got, a["canonical"], want, canonical))
print("%d of %d requests signed as botocore signs them (seed %d)" % (count - bad, count, seed))
sys.exit(1 if bad else 0)
