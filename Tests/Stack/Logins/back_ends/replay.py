"""Answers as a provider did: by the value of a cookie.

python replay.py PORT FOLDER, where FOLDER has answers.json: the cookie's name, the path that is asked, and for each value
of the cookie a status and header lines in order; "" is for all other values. Answers are told by cookie, so that a test
changes what a session is worth by writing the file again.
"""

import http.cookies
import http.server
import json
import pathlib
import sys

port, folder = sys.argv[1:]
file = pathlib.Path(folder, "answers.json")


class Provider(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        recorded = json.loads(file.read_text())
        cookies = http.cookies.SimpleCookie(self.headers.get("Cookie", ""))
        value = cookies[recorded["cookie"]].value if recorded["cookie"] in cookies else ""
        answer = recorded["answers"].get(value, recorded["answers"][""])
        if self.path != recorded["path"]:
            answer = {"status": 404, "headers": []}
        self.send_response_only(answer["status"])
        for name, value in answer["headers"]:
            if name != "Content-Length":
                # As the recording has it: bytes, each as the character of its number.
                self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Provider).serve_forever()
