#!/usr/bin/python3
"""metadata.py FOLDER: an instance metadata service, version 2, on a free port of loopback, written to FOLDER/port.

FOLDER/answers/PATH is what /latest/meta-data/PATH answers; what is not there is a 404. FOLDER/refuse-tokens: each token given
before that file was made is refused with 401. FOLDER/broken: everything is a 503. Requests are logged to FOLDER/log.
"""
import http.server
import os
import sys
import time

FOLDER = sys.argv[1]
TOKENS = {}


def there(name):
    return os.path.join(FOLDER, name)


class Metadata(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, text=""):
        with open(there("log"), "a") as log:
            log.write("%s %s %d\n" % (self.command, self.path, status))
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self):
        if os.path.exists(there("broken")):
            return self.answer(503)
        if self.path != "/latest/api/token" or not self.headers.get("X-aws-ec2-metadata-token-ttl-seconds"):
            return self.answer(400)
        token = "token-%d==" % len(TOKENS)
        TOKENS[token] = time.time()
        return self.answer(200, token)

    def do_GET(self):
        if os.path.exists(there("broken")):
            return self.answer(503)
        given = TOKENS.get(self.headers.get("X-aws-ec2-metadata-token", ""))
        old = there("refuse-tokens")
        if given is None or (os.path.exists(old) and given < os.path.getmtime(old)):
            return self.answer(401)
        path = os.path.join(FOLDER, "answers", self.path.removeprefix("/latest/meta-data/"))
        if not os.path.isfile(path):
            return self.answer(404, "<html>404</html>")
        with open(path) as file:
            return self.answer(200, file.read())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metadata)
with open(there("port.new"), "w") as file:
    file.write("%d\n" % server.server_address[1])
os.rename(there("port.new"), there("port"))
server.serve_forever()
