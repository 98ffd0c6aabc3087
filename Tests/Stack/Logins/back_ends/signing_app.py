"""An app that signs JWTs itself, as the recipe has it.

python signing_app.py PORT FOLDER, where FOLDER has the recipe's livekit_login.py
"""

import http.server
import json
import sys

from people import signed_in

port, folder = sys.argv[1:]
sys.path.insert(0, folder)

from livekit_login import livekit_token


class App(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        user = signed_in(body["username"], body["password"])
        answer = json.dumps({"token": livekit_token(user)}).encode() if user else b""
        self.send_response(200 if user else 401)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), App).serve_forever()
