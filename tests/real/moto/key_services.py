#!/usr/bin/python3
"""key_services.py PORT_FILE LOG_FILE ACCESS_KEY SECRET SESSION_TOKEN: on a free port of loopback, the services that give a
machine's role its keys. Each asks for what the real one asks for; the log has a line a request.
  /imds/latest/...           instance metadata, version 2 only; /imds-v1/... has no tokens, /imds-slow/... answers too late
  /imds-expired/...          the same keys, long expired
  /task                      a container's endpoint, wants "Authorization: SECRETtasktoken"
  /sso/federation/...        the SSO portal, wants the bearer token "SECRETssotoken"
"""
import datetime
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "SECRETmetadatatoken"


class Services(BaseHTTPRequestHandler):
    keys = log = None

    def log_message(self, *_):
        pass

    def reply(self, status, text=""):
        data = text.encode()
        with open(self.log, "a") as file:
            file.write("%s %s %d\n" % (self.command, self.path.split("?")[0], status))
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def document(self, hours):
        until = datetime.datetime.utcnow() + datetime.timedelta(hours=hours)
        return json.dumps({"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": self.keys[0], "SecretAccessKey": self.keys[1],
                           "Token": self.keys[2], "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ")})

    def metadata(self, flavour, path):
        if flavour == "imds-slow":
            time.sleep(3)
        if self.command == "PUT":
            good = path == "latest/api/token" and self.headers.get("X-aws-ec2-metadata-token-ttl-seconds") == "21600"
            return self.reply(*((200, TOKEN) if good and flavour != "imds-v1" else (404, "")))
        if flavour != "imds-v1" and self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
            return self.reply(401)
        if path == "latest/meta-data/iam/security-credentials/":
            return self.reply(200, "scaler-role")
        if path == "latest/meta-data/iam/security-credentials/scaler-role":
            return self.reply(200, self.document(-30 if flavour == "imds-expired" else 6))
        return self.reply(404)

    def do_GET(self):
        first, _, rest = self.path.lstrip("/").partition("/")
        if first.startswith("imds"):
            return self.metadata(first, rest)
        if first == "task":
            good = self.headers.get("Authorization") == "SECRETtasktoken"
            return self.reply(200, self.document(6)) if good else self.reply(401)
        if first == "sso" and rest == "federation/credentials?role_name=Scaler&account_id=123456789012":
            if self.headers.get("x-amz-sso_bearer_token") != "SECRETssotoken":
                return self.reply(401, '{"message": "Session token not found or invalid"}')
            keys = {"accessKeyId": self.keys[0], "secretAccessKey": self.keys[1], "sessionToken": self.keys[2],
                    "expiration": int((time.time() + 3600) * 1000)}
            return self.reply(200, json.dumps({"roleCredentials": keys}))
        return self.reply(404)

    do_PUT = do_GET


Services.log, Services.keys = sys.argv[2], sys.argv[3:6]
server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
server.daemon_threads = True
with open(sys.argv[1] + ".new", "w") as file:
    file.write("%d\n" % server.server_address[1])
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
