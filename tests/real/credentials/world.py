"""The services round a client, as one function of a request: EC2, STS, SSO, instance metadata and a container's endpoint.

Keys tell where they came from: the key that STS gives names the role, who asked, and at which endpoint.
"""
import json
import re
from urllib.parse import parse_qsl, urlsplit

EXPIRES = "2099-01-01T00:00:00Z"
SCOPE = re.compile(r"Credential=(.+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")


def plain(text):
    return re.sub(r"[^A-Za-z0-9.@:_+-]", "_", text)


class World:
    def __init__(self):
        self.asked = []  # what EC2 was asked: (url, access key, session token, signing region)
        self.imds = True

    def reply(self, method, url, headers, body):
        """(status, text) for a request; headers by lower-case name."""
        parts = urlsplit(url)
        form = dict(parse_qsl(body))
        found = SCOPE.search(headers.get("authorization", ""))
        if "Action" in form and form["Action"].startswith("AssumeRole"):
            return self.sts(url, form, found)
        if "Action" in form:
            key, region = (found[1], found[3]) if found else (form.get("AWSAccessKeyId", ""), "v2")
            token = headers.get("x-amz-security-token", form.get("SecurityToken", ""))
            self.asked.append((url.rstrip("/"), key, token, region))
            return 200, ('<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>'
                         "<reservationSet/></DescribeInstancesResponse>")
        if parts.path.endswith("/federation/credentials"):
            query = dict(parse_qsl(parts.query))
            key = plain("SSO:%s:%s@%s" % (query["account_id"], query["role_name"], parts.netloc))
            keys = {"accessKeyId": key, "secretAccessKey": "s",
                    "sessionToken": plain(headers["x-amz-sso_bearer_token"]), "expiration": 4070908800000}
            return 200, json.dumps({"roleCredentials": keys})
        if "/latest/" in parts.path:
            return self.metadata(method, parts, headers)
        return 200, self.document(plain("BOX:%s%s" % (parts.netloc, parts.path)), plain(headers.get("authorization", "none")))

    def sts(self, url, form, found):
        session = form["RoleSessionName"]
        if re.match(r"(tide|botocore-session)-\d+$", session):
            session = "any"
        web = plain(form.get("WebIdentityToken", ""))
        who = "%s@%s" % (found[1], found[3]) if found else "nobody"
        key = plain("STS:%s:%s:%s:%s:%s:%s+%s" % (form["RoleArn"], session, form.get("ExternalId", ""),
                                                  form.get("DurationSeconds", ""), web, urlsplit(url).netloc, who))
        action = form["Action"]
        return 200, ('<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%sResult><Credentials><AccessKeyId>%s'
                     "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s"
                     "</Expiration></Credentials></%sResult></%sResponse>" % (action, action, key, EXPIRES, action, action))

    def metadata(self, method, parts, headers):
        if not self.imds:
            return 404, ""
        if method == "PUT":
            return 200, "metadata-token"
        if headers.get("x-aws-ec2-metadata-token") != "metadata-token":
            return 401, ""
        if parts.path.endswith("/security-credentials/"):
            return 200, "worker"
        return 200, self.document(plain("IMDS:" + parts.netloc), "t")

    @staticmethod
    def document(key, token):
        return json.dumps({"Code": "Success", "AccessKeyId": key, "SecretAccessKey": "s", "Token": token, "Expiration": EXPIRES})
