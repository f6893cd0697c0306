#!/usr/bin/python3
"""compare.py CREDENTIALS_TOOL [--other]: which credentials, endpoint and region tide and botocore find, from the same planted
environments; and both sign the same with version 2. --other: only if this is not Debian's Python. Exit 77: no botocore."""
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

if "--other" in sys.argv and os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3"):
    print("SKIPPED: the PATH's python3 is Debian's")
    sys.exit(77)
try:
    import botocore
    import botocore.credentials
    import botocore.httpsession
    import botocore.session
    import botocore.tokens
    from botocore.auth import SigV2Auth
    from botocore.awsrequest import AWSRequest, AWSResponse
except ImportError:
    print("SKIPPED: python3-botocore is not installed")
    sys.exit(77)

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import World  # noqa: E402

PATH = os.environ["PATH"]
VERSION = tuple(int(part) for part in botocore.__version__.split("."))
NEW = (1, 34)  # knows AWS_ENDPOINT_URL and EKS's address
KEYS = "aws_access_key_id = %s\naws_secret_access_key = %s-secret\n"
ENV = {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "env-secret"}
ARN = "arn:aws:iam::123456789012:role/"
BASE = "[base]\n" + KEYS % ("AKBASE", "base")
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/jwt", "AWS_ROLE_ARN": ARN + "web"}
SSO = ("[profile p]\nsso_session = corp\nsso_account_id = 42\nsso_role_name = R\n[sso-session corp]\nsso_start_url = https://c\n"
       "sso_region = eu-west-1\n")
OLD_SSO = "[profile p]\nsso_start_url = https://old\nsso_region = us-west-2\nsso_account_id = 42\nsso_role_name = R\n"
SERVICES = "[default]\nservices = s\nendpoint_url = https://all.example\n[services s]\nec2 =\n  endpoint_url = https://ec2.example/x\n"


def case(name, env=None, credentials="", config="", since=(0,), imds=False, **options):
    return {"name": name, "env": env or {}, "credentials": credentials, "config": config, "since": since, "imds": imds,
            "options": options}


def role(name, source, more=""):
    return "[profile %s]\nrole_arn = %s%s\n%s\n%s" % (name, ARN, name, source, more)


CASES = [
    case("nothing"),
    case("environment", ENV),
    case("environment with token", dict(ENV, AWS_SESSION_TOKEN="tok")),
    case("environment with both tokens", dict(ENV, AWS_SESSION_TOKEN="one", AWS_SECURITY_TOKEN="two")),
    case("half an environment", {"AWS_ACCESS_KEY_ID": "AK"}),
    case("only a secret in the environment", {"AWS_SECRET_ACCESS_KEY": "x"}, "[default]\n" + KEYS % ("AKFILE", "f")),
    case("environment beats files", ENV, "[default]\n" + KEYS % ("AKFILE", "f")),
    case("a profile that is named beats the environment", ENV, BASE, profile="base"),
    case("AWS_PROFILE does not", dict(ENV, AWS_PROFILE="base"), BASE),
    case("AWS_PROFILE", {"AWS_PROFILE": "base"}, BASE),
    case("two profile variables", {"AWS_PROFILE": "base", "AWS_DEFAULT_PROFILE": "b2"}, BASE + "[b2]\n" + KEYS % ("AKB2", "b")),
    case("a profile that is not there", {"AWS_PROFILE": "typo"}, BASE),
    case("default profile", {}, "[default]\n" + KEYS % ("AKFILE", "f") + "aws_session_token = t\n"),
    case("credentials file beats config file", {}, BASE, "[profile base]\n" + KEYS % ("AKCONF", "c"), profile="base"),
    case("config file", {}, "", "[profile 'my own']\n" + KEYS % ("AKCONF", "c"), profile="my own"),
    case("AWS_SHARED_CREDENTIALS_FILE", {"AWS_SHARED_CREDENTIALS_FILE": "{home}/else"}, "[default]\n" + KEYS % ("AK", "x")),
    case("a section without keys", {}, "[default]\noutput = json\n"),
    case("half a profile", {}, "[default]\naws_access_key_id = AK\n"),
    case("role", {}, BASE, role("p", "source_profile = base", "external_id = e f\nduration_seconds = 900\nrole_session_name = head-1\n"),
         profile="p"),
    case("role by role", {}, BASE, role("p", "source_profile = q") + role("q", "source_profile = base"), profile="p"),
    case("role by itself", {}, "[p]\n" + KEYS % ("AKSELF", "p"), role("p", "source_profile = p"), profile="p"),
    case("role by itself without keys", {}, "", role("p", "source_profile = p"), profile="p"),
    case("role in a circle", {}, BASE, role("p", "source_profile = q") + role("q", "source_profile = p"), profile="p"),
    case("role beats the profile's keys", {}, BASE + "[p]\n" + KEYS % ("AKP", "p"), role("p", "source_profile = base"), profile="p"),
    case("source with a role and keys", {}, BASE + "[q]\n" + KEYS % ("AKQ", "q"),
         role("p", "source_profile = q") + role("q", "source_profile = base"), profile="p"),
    case("role without a source", {}, BASE, role("p", ""), profile="p"),
    case("role with two sources", {}, BASE, role("p", "source_profile = base", "credential_source = Environment\n"), profile="p"),
    case("role by the environment", ENV, "", role("p", "credential_source = Environment"), profile="p"),
    case("role by the instance", {}, "", role("p", "credential_source = Ec2InstanceMetadata"), imds=True, profile="p"),
    case("role by a source that is none", {}, "", role("p", "credential_source = Moon"), profile="p"),
    case("role by SSO", {}, "", role("r", "source_profile = p") + SSO, since=NEW, profile="r"),
    case("web identity", WEB),
    case("web identity without a role", {"AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/jwt"}),
    case("web identity beats the default profile's keys", WEB, "[default]\n" + KEYS % ("AKFILE", "f")),
    case("web identity does not beat a profile that is named", WEB, BASE, profile="base"),
    case("web identity in the profile", {"AWS_ROLE_SESSION_NAME": "pod"}, "",
         "[default]\nweb_identity_token_file = {home}/jwt\n" + "role_arn = " + ARN + "w\n"),
    case("SSO", {}, "", SSO, profile="p"),
    case("SSO, the older form", {}, "", OLD_SSO, profile="p"),
    case("SSO beats keys", {}, "[p]\n" + KEYS % ("AKP", "p"), SSO, profile="p"),
    case("SSO logged out", {}, "", SSO.replace("corp", "other"), profile="p"),
    case("process", {}, "", "[profile p]\ncredential_process = sh {home}/vault 'a b' \"c\\\"d\"\n", profile="p"),
    case("keys beat a process", {}, "[p]\n" + KEYS % ("AKP", "p"), "[profile p]\ncredential_process = false\n", profile="p"),
    case("a process beats the config file's keys", {}, "",
         "[profile p]\ncredential_process = sh {home}/vault x y\n" + KEYS % ("AKP", "p"), profile="p"),
    case("process that fails", {}, "", "[profile p]\ncredential_process = false\n", profile="p"),
    case("container, relative", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"}),
    case("container, full", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/y", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "tok"}),
    case("container, EKS", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
                            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{home}/jwt"}, since=NEW),
    case("container, not allowed", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.org/y"}),
    case("container beats the instance", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"}, imds=True),
    case("files beat the container", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"}, "[default]\n" + KEYS % ("AKFILE", "f")),
    case("the instance's role", imds=True),
    case("metadata switched off", {"AWS_EC2_METADATA_DISABLED": "true"}, imds=True),
    case("metadata elsewhere", {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.9/"}, imds=True),
    case("metadata by IPv6", {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}, imds=True),
    case("AWS_DEFAULT_REGION", dict(ENV, AWS_DEFAULT_REGION="ap-south-1"), region=""),
    case("the profile's region", ENV, "", "[default]\nregion = sa-east-1\n", region=""),
    case("China", ENV, region="cn-north-1"),
    case("GovCloud, FIPS", dict(ENV, AWS_USE_FIPS_ENDPOINT="true"), region="us-gov-west-1"),
    case("FIPS", dict(ENV, AWS_USE_FIPS_ENDPOINT="true")),
    case("dual stack in the profile", ENV, "", "[default]\nuse_dualstack_endpoint = true\n"),
    case("both", dict(ENV, AWS_USE_FIPS_ENDPOINT="true", AWS_USE_DUALSTACK_ENDPOINT="true"), region="us-east-1"),
    case("FIPS in the region's name", ENV, region="fips-us-west-2"),
    case("secret regions", ENV, region="us-iso-east-1"),
    case("an endpoint with port and path", ENV, endpoint="https://cloud.example:8773/services/Cloud"),
    case("AWS_ENDPOINT_URL", dict(ENV, AWS_ENDPOINT_URL="https://all.example"), since=NEW),
    case("AWS_ENDPOINT_URL_EC2", dict(ENV, AWS_ENDPOINT_URL="https://all.example", AWS_ENDPOINT_URL_EC2="https://e.example/p"), since=NEW),
    case("services of the profile", ENV, "", SERVICES, since=NEW),
    case("services ignored", dict(ENV, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true"), "", SERVICES, since=NEW),
    case("services not there", ENV, "", "[default]\nservices = gone\n", since=NEW),
    case("STS of the environment", {"AWS_ENDPOINT_URL_STS": "https://sts.example/z"}, BASE, role("p", "source_profile = base"),
         since=NEW, profile="p"),
    case("STS, the old global one", {"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, BASE, role("p", "source_profile = base"), profile="p"),
    case("STS, FIPS", {"AWS_USE_FIPS_ENDPOINT": "true"}, BASE, role("p", "source_profile = base"), profile="p", region="us-east-2"),
]


class Server(BaseHTTPRequestHandler):
    world = None
    bodies = []
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.bodies.append(body)
        status, text = self.world.reply(self.command, headers["x-original-url"], headers, body)
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_PUT = do_GET


def plant(home, one):
    """The home folder of a case."""
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home + "/.aws/sso/cache")

    def write(path, text):
        with open(home + "/" + path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text.replace("{home}", home))

    for path in ("credentials", "config"):
        if one[path]:
            write(".aws/" + path, one[path])
    write("else", "[default]\n" + KEYS % ("AKELSE", "e"))
    write("jwt", "header.payload.signature")
    write("vault", 'printf \'{"Version": 1, "AccessKeyId": "PROC-%s", "SecretAccessKey": "s"}\' "$#"\n')
    for name in ("corp", "https://old"):
        write(".aws/sso/cache/%s.json" % hashlib.sha1(name.encode()).hexdigest(),
              '{"accessToken": "sso-%s", "expiresAt": "2099-01-01T00:00:00Z"}' % name.replace("/", ""))


def environment_of(home, one):
    env = {"HOME": home, "PATH": PATH, "AWS_STS_REGIONAL_ENDPOINTS": "regional"}
    env.update({name: value.replace("{home}", home) for name, value in one["env"].items()})
    return env


def ask_tide(tool, port, home, one, world):
    options = dict({"region": "eu-central-1"}, **one["options"])
    words = ["%s=%s" % (key, value) for key, value in options.items() if value]
    done = subprocess.run([tool, str(port)] + words, env=environment_of(home, one), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60)
    if done.returncode == 0 and world.asked:
        return world.asked[-1], done.stdout
    return "error", done.stdout


def ask_botocore(home, one, world, loader):
    options = dict({"region": "eu-central-1"}, **one["options"])
    old = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment_of(home, one))
    for provider in (botocore.credentials.SSOProvider, botocore.tokens.SSOTokenProvider):
        provider._SSO_TOKEN_CACHE_DIR = home + "/.aws/sso/cache"

    def send(_, request):
        body = request.body or b""
        headers = {name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
        text = body.decode() if isinstance(body, bytes) else body
        status, answer = world.reply(request.method, request.url, headers, text)
        response = AWSResponse(request.url, status, {}, None)
        response._content = answer.encode()
        return response

    real, botocore.httpsession.URLLib3Session.send = botocore.httpsession.URLLib3Session.send, send
    try:
        session = botocore.session.Session(profile=options.get("profile"))
        session.register_component("data_loader", loader)
        client = session.create_client("ec2", region_name=options["region"] or None, endpoint_url=options.get("endpoint"))
        client.describe_instances()
        return world.asked[-1]
    except Exception as error:  # whatever it cannot do counts the same
        return "error", "%s: %s" % (type(error).__name__, error)
    finally:
        botocore.httpsession.URLLib3Session.send = real
        os.environ.clear()
        os.environ.update(old)


def compare(tool, port, home, one, loader):
    Server.world, theirs_world = World(), World()
    Server.world.imds = theirs_world.imds = one["imds"]
    plant(home, one)
    ours, said = ask_tide(tool, port, home, one, Server.world)
    theirs = ask_botocore(home, one, theirs_world, loader)
    if ours == "error" and theirs[0] == "error":
        return "error"
    if ours == theirs:
        return "found"
    print("DIFFER %s\n  tide     %s\n  botocore %s\n%s" % (one["name"], ours, theirs, said))
    return "differ"


def check_sigv2(tool, port, home):
    """The signature that tide sent is the one that botocore makes of the same parameters."""
    good = 0
    for endpoint in ("https://cloud.example:8773/services/Cloud", "http://Cloud.example/", "http://h"):
        for token in ("", "to/ken+="):
            one = case("v2", dict(ENV, AWS_SESSION_TOKEN=token), signature="v2", endpoint=endpoint)
            Server.world, Server.bodies[:] = World(), []
            plant(home, one)
            _, said = ask_tide(tool, port, home, one, Server.world)
            sent = dict(parse_qsl(Server.bodies[-1])) if Server.bodies else {}
            credentials = botocore.credentials.Credentials(ENV["AWS_ACCESS_KEY_ID"], ENV["AWS_SECRET_ACCESS_KEY"], token or None)
            request = AWSRequest(method="POST", url=endpoint.replace("Cloud.example/", "cloud.example/"), data=sent)
            _, signature = SigV2Auth(credentials).calc_signature(request, sent)
            if signature != sent.get("Signature") or sent.get("SecurityToken", "") != token:
                print("DIFFER signature v2 at %s\n%s" % (endpoint, said))
                return None
            good += 1
    return good


def main():
    tool = os.path.abspath(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    loader = botocore.session.Session().get_component("data_loader")
    counts = {"found": 0, "error": 0, "differ": 0}
    with tempfile.TemporaryDirectory(prefix="tide-compare.") as folder:
        for one in CASES:
            if VERSION >= one["since"]:
                counts[compare(tool, server.server_port, folder + "/home", one, loader)] += 1
        signed = check_sigv2(tool, server.server_port, folder + "/home")
    print("botocore %s: %d environments alike, %d refused by both, %d differ; %s signatures of version 2 alike" %
          (botocore.__version__, counts["found"], counts["error"], counts["differ"], signed))
    return 1 if counts["differ"] or signed is None or counts["found"] < 30 else 0


sys.exit(main())
