#!/usr/bin/python3
"""judge_signatures.py SIGNER [COUNT]: Keystone's /v3/ec2tokens judges signatures of SIGNER (our SigV4) with an EC2 credential
of the user that OS_* names: it takes COUNT right ones and refuses each that was tampered with."""
import base64, datetime, hashlib, json, os, random, subprocess, sys
from urllib.parse import parse_qsl, quote, urlsplit

from keystoneauth1 import session
from keystoneauth1.identity import v3

KEYSTONE = os.environ["OS_AUTH_URL"]
DOMAINS = {"user_domain_id": "default", "project_domain_id": "default"}


def login(user, password, project):
    return session.Session(auth=v3.Password(auth_url=KEYSTONE, username=user, password=password, project_name=project, **DOMAINS))


def draw(r, access, secret):
    """One call of EC2's, as tide or a person's tool would send it. Keystone checks neither folded blanks nor escaped paths."""
    word = lambda: "".join(r.choice("abcXYZ019-_.~ !*'()/:;,@&=+$%<>\"[]éßሴ") for _ in range(r.randint(1, 20))).strip() or "x"
    parameters = [("Action", "DescribeInstances"), ("Version", "2016-11-15")] + [("Filter.1.Value.%d" % n, word()) for n in range(r.randint(0, 5))]
    encoded = "&".join(quote(k, safe="-_.~") + "=" + quote(v, safe="-_.~") for k, v in parameters)
    get = r.random() < 0.5
    path = r.choice(["/", "/services/Cloud", "/services/Cloud/"])
    return {"method": "GET" if get else "POST", "url": "http://ec2.example.com:8773" + path + ("?" + encoded if get else ""),
            "headers": [["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]],
            "body": base64.b64encode(b"" if get else encoded.encode()).decode(), "access_key": access, "secret_key": secret, "token": "",
            "region": "RegionOne", "service": "ec2", "time": datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")}


def claim(request, signed):
    url = urlsplit(request["url"])
    headers = dict(signed["headers"])
    headers.setdefault("Host", url.netloc)
    return {"access": request["access_key"], "signature": headers["Authorization"].rsplit("Signature=", 1)[1], "host": url.netloc,
            "verb": request["method"], "path": url.path, "params": dict(parse_qsl(url.query, keep_blank_values=True)), "headers": headers,
            "body_hash": hashlib.sha256(base64.b64decode(request["body"])).hexdigest()}


def main():
    signer, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = random.randrange(1 << 32)
    r = random.Random(seed)
    own = login(os.environ["OS_USERNAME"], os.environ["OS_PASSWORD"], os.environ["OS_PROJECT_NAME"])
    user, project = own.get_user_id(), own.get_project_id()
    key = own.post(f"{KEYSTONE}/users/{user}/credentials/OS-EC2", json={"tenant_id": project}).json()["credential"]
    judge = login("admin", "secret", "admin")
    requests = [draw(r, key["access"], key["secret"]) for _ in range(count)]
    answer = subprocess.run([signer], input="".join(json.dumps(q) + "\n" for q in requests), capture_output=True, text=True, check=True).stdout
    wrong = 0
    for request, line in zip(requests, answer.splitlines(), strict=True):
        good = claim(request, json.loads(line))
        bad = dict(good, body_hash="0" * 64) if r.random() < 0.5 else dict(good, signature=good["signature"][::-1])
        for name, credentials, wanted in (("ours", good, 200), ("tampered", bad, 401)):
            status = judge.post(f"{KEYSTONE}/ec2tokens", json={"credentials": credentials}, raise_exc=False).status_code
            if status != wanted:
                wrong += 1
                print(f"{name}: {status}, not {wanted}: {json.dumps(credentials)}")
    print(f"Keystone judged {count} signatures and {count} tampered ones, {wrong} wrongly (seed {seed})")
    return 1 if wrong else 0


sys.exit(main())
