"""Answers at /api/authz/auth-request as Authelia's source has them, for the session that a cookie names.

python authelia.py PORT FOLDER
"""

import http.cookies
import http.server
import sys
import urllib.parse

port, _ = sys.argv[1:]
SESSIONS = {
    "ada": [("Remote-User", "ada"), ("Remote-Groups", "hosts,crew"), ("Remote-Name", "Zoë “Z” Müller-Ōkami 🎤")],
    "zoe": [("Remote-User", "zoe"), ("Remote-Groups", ""), ("Remote-Name", "Zoe"), ("Remote-Email", "")],
    # A rule with the policy "bypass" asks nobody who they are.
    "bypass": [],
}


class Authelia(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, lines = self.judged()
        self.send_response_only(status)
        for name, value in lines:
            self.send_header(name, value.encode().decode("latin-1"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def judged(self):
        url = urllib.parse.urlsplit(self.headers.get("X-Original-URL", ""))
        method = self.headers.get("X-Original-Method", "")
        if self.path != "/api/authz/auth-request":
            return 404, []
        if url.scheme != "https" or not method.isalpha() or not method.isupper():
            return 400, []
        cookies = http.cookies.SimpleCookie(self.headers.get("Cookie", ""))
        session = cookies["authelia_session"].value if "authelia_session" in cookies else ""
        if session == "denied":
            return 403, []
        if session not in SESSIONS:
            return 401, [("Location", "https://auth.example.com/?rd="), ("Content-Type", "text/html")]
        return 200, SESSIONS[session]

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Authelia).serve_forever()
