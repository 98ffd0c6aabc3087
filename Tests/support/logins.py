"""A site with logins of its own: nginx asks a back end who has logged in, and passes that to the responder."""

import collections
import contextlib
import json
import os
import re
import socket
import threading

from support import fastcgi, leftovers
from support.client import Client
from support.deployment import Deployment
from support.responder import Responder
from support.web_server import WebServer, free_port

APP = "https://app.example.com"
LOBBY = b'{"roomId":"lobby"}'
# The location as nginx/README.md has it.
LOCATION = """
    location = /livekit/auth {{
        include {share}/nginx/{file};
        {passes}
    }}
"""


class Server:
    """Takes the connections of a listening socket, and serves each in a thread of its own, as a subclass does it."""

    def __init__(self, listener):
        self.listener = listener
        threading.Thread(target=self._accept, daemon=True).start()
        leftovers.register(self)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def kill(self):
        """Closes the listening socket, in whatever thread it is waited for."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class BackEnd(Server):
    """An app on the loopback network, which knows sessions by the cookie `sessionid`.

    `answers` has what it sends for the value of that cookie: bytes, and between them seconds to wait; or a function
    of the request's head that gives these. 401 for all else.
    """

    NO = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=app\r\nSet-Cookie: sessionid=new\r\n\r\nno"

    def __init__(self, port=None):
        listener = socket.create_server(("127.0.0.1", port or free_port()), backlog=512)
        self.port = listener.getsockname()[1]
        self.answers = {}
        self.heads = []  # of the requests that came
        self.open = set()
        super().__init__(listener)

    def let_in(self, cookie, user, *lines, status="204 No Content"):
        """Answers from here on that a cookie is the session of a user; further lines are headers of the answer."""
        self.answers[cookie] = yes(user, *lines, status=status)

    def _serve(self, connection):
        head = b""
        with connection:
            self.open.add(connection)
            try:
                while b"\r\n\r\n" not in head:
                    if not (chunk := connection.recv(65536)):
                        return
                    head += chunk
                self.heads.append(head.decode("latin-1"))
                for step in self._steps(self.heads[-1]):
                    if isinstance(step, bytes):
                        connection.sendall(step)
                    else:
                        # Until nginx hangs up, where that is sooner.
                        connection.settimeout(step)
                        with contextlib.suppress(TimeoutError):
                            if not connection.recv(1):
                                break
            except OSError:
                pass
            self.open.discard(connection)

    def _steps(self, head):
        cookie = re.search(r"^Cookie: sessionid=(.*)\r$", head, re.MULTILINE)
        answer = self.answers.get(cookie and cookie[1], self.NO)
        if callable(answer):
            answer = answer(head)
        return answer if isinstance(answer, (list, tuple)) else [answer]

    def kill(self):
        super().kill()
        for connection in list(self.open):
            connection.close()


def yes(user, *lines, status="204 No Content"):
    """The answer of a back end that knows the user; further lines are headers of it."""
    head = [f"HTTP/1.1 {status}".encode(), b"Connection: close"]
    head += [] if user is None else [b"X-Livekit-User: " + user.encode()]
    return b"\r\n".join([*head, *(line if isinstance(line, bytes) else line.encode() for line in lines), b"", b""])


class Echo(Server):
    """Stands where the responder should: it answers 200, and with each parameter that nginx sends (in Latin-1)."""

    def __init__(self, path):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        os.chmod(path, 0o666)
        listener.listen(512)
        super().__init__(listener)

    def _serve(self, connection):
        records, params = fastcgi.Records(), b""
        with connection:
            while chunk := connection.recv(65536):
                for kind, content in records.feed(chunk):
                    if kind == fastcgi.PARAMS:
                        params += content
                    elif kind == fastcgi.STDIN and not content:
                        connection.sendall(self._answer(params))
                        params = b""

    def answer(self, sent):
        """What it says to parameters: lists of values by name."""
        return b"Content-Type: application/json\r\n\r\n" + json.dumps(sent).encode()

    def _answer(self, params):
        sent = collections.defaultdict(list)
        for name, value in fastcgi.decoded_name_values(params, "latin-1"):
            sent[name].append(value)
        text = self.answer(sent)
        record = b"".join(fastcgi.record(fastcgi.STDOUT, text[i : i + 60000]) for i in range(0, len(text), 60000))
        return record + fastcgi.record(fastcgi.STDOUT) + fastcgi.record(fastcgi.END_REQUEST, bytes(8))


class LoginSite:
    """A deployment whose sessions are those of a back end, with an nginx; everybody may enter the lobby.

    `server` is further lines of the server block, after the includes, `settings` of the configuration; with `echo` the
    responder is an Echo.
    """

    def __init__(self, path, server="", echo=False, file="auth-request.conf", passes=None, lift=True, settings=""):
        self.back_end = BackEnd()
        self.deployment = Deployment.create_with_alice(
            path, "workers: 4\nsessions: {source: nginx, users: any}\n" + settings
        )
        self.deployment.run("room", "add", "lobby", "--open")
        self.web_server = WebServer(self.deployment)
        directory = self.web_server.directory
        passes = passes or f"proxy_pass http://127.0.0.1:{self.back_end.port}/who/;"
        location = LOCATION.format(share=f"{directory}/share", file=file, passes=passes)
        self.change("server.conf;", f"server-login.conf;\n    set $livekit_cookie sessionid;\n{location}{server}")
        origins = directory / "snippets/livekit-tokend-origins.conf"
        origins.write_text(origins.read_text().replace('default "";', f'default "";\n    {APP} $http_origin;'))
        if lift:
            self.web_server.lift_limits()
        if echo:
            Echo(self.deployment.socket)
        else:
            Responder(self.deployment).wait_until_ready()

    def change(self, old, new):
        """Changes the file of the site, as its operator would."""
        path = self.web_server.directory / "sites-enabled/livekit-tokend"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def start(self):
        self.web_server.start()
        return self

    def ask(self, cookie=None, path="/livekit/token", body=LOBBY, method="POST", **headers):
        """The answer to a request, from an address of its own, with a Cookie header or without."""
        headers = {"Content-Type": "application/json", **headers}
        if cookie is not None:
            headers["Cookie"] = cookie
        with Client(self.web_server) as client:
            return client.request(method, path, headers, body)

    def params(self, *arguments, **headers):
        """What an Echo got: each parameter of logins by its name without LIVEKIT_."""
        answer = self.ask(*arguments, **headers)
        assert answer.status == 200, answer
        return logins(answer.json())

    def access_log(self):
        """The lines of the access log, as far as they are there."""
        path = self.web_server.directory / "log/livekit-tokend.access.log"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def logged(self, answer):
        """The line of the access log for an answer; None until it is there."""
        lines = (line for line in self.access_log() if line["requestId"] == answer.headers["x-request-id"])
        return next(lines, None)


def logins(params):
    """The parameters of logins among those that an Echo got, each of which came once; the answer's status apart."""
    found = {name.removeprefix("LIVEKIT_"): value for name, value in params.items() if name.startswith("LIVEKIT_")}
    assert all(len(value) == 1 for value in found.values()), params
    return {name: value[0] for name, value in found.items() if name != "AUTH_STATUS"}
