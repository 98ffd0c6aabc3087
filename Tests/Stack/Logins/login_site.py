"""A site that follows a recipe: its back end, the responder and nginx, with the lines that the recipe has for each."""

import http.client
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import urllib.parse

import jwt
from back_ends.people import PEOPLE
from recipes import block, files, has_block
from support import leftovers
from support.client import Client
from support.deployment import PROGRAM, ROOT, Deployment
from support.responder import Responder
from support.waiting import wait_until
from support.web_server import WebServer, free_port

BACK_ENDS = pathlib.Path(__file__).parent / "back_ends"
# Python with the packages of the back ends; Tests/run.sh installs them.
PYTHON = os.environ.get("LOGINS_PYTHON") or str(ROOT / ".build-venv-logins/bin/python")
NAMES = {name: person.name for name, person in PEOPLE.items()}
PASSWORDS = {name: person.password for name, person in PEOPLE.items()}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# Every recipe begins with it, in place of the file that an example of a whole server has.
SERVER_LOGIN = "server-login.conf;"


class Site:
    """The files of a site, in a folder of its own, and the processes that it has started."""

    def __init__(self, place, recipe):
        """Copies the recipe's files and its configuration."""
        self.recipe, self.process, self.client = recipe, None, None
        # Beside the port of nginx, which takes the first that is free when it starts.
        self.port = free_port(600)
        self.deployment = Deployment.create(place, "")
        self.folder = self.deployment.path / "app"
        self.folder.mkdir()
        for name, text in files(recipe).items():
            (self.folder / name).write_text(self.here(text))
        self.deployment.configure(self.here(block(recipe, "yaml")))
        leftovers.register(self)

    def here(self, text):
        """A text of the recipe with the places of this site."""
        for theirs in ("/etc/app/", "/etc/livekit-tokend/", "/var/lib/livekit-tokend-keys/", "/srv/app/", "/run/php/"):
            text = text.replace(theirs, f"{self.folder}/")
        return re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{self.port}", text)

    def run(self, line):
        """What a line that the recipe has for a shell prints: `sudo` is not needed here, the program is the tested one."""
        line = self.here(line).replace("sudo ", "").replace("livekit-tokend ", f"{shlex.quote(PROGRAM)} ", 1)
        if " keyset " not in line and PROGRAM in line:
            line += f" --config {shlex.quote(str(self.deployment.configuration))}"
        command = ["bash", "-euo", "pipefail", "-c", line]
        ended = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{line}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def start_back_end(self, *command):
        """Starts the back end with its port and its folder as last arguments, and waits until it takes requests."""
        environment = {**os.environ, "PYTHONPATH": str(BACK_ENDS), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [*command, str(self.port), str(self.folder)]
        log = self.folder / "back-end.log"
        with open(log, "ab") as file:
            streams = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": file}
            self.process = subprocess.Popen(command, cwd=BACK_ENDS, env=environment, **streams)
        wait_until(self.takes_requests, lambda: f"the back end does not answer: {log.read_text()}")
        return self

    def takes_requests(self):
        assert self.process.poll() is None, (self.folder / "back-end.log").read_text()
        try:
            return self.at_back_end("GET", "/")[0] > 0
        except OSError:
            return False

    def at_back_end(self, method, path, headers=None, body=None):
        """Status, headers and body of the back end's own answer, as if a proxy had ended the TLS before it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        return answered(connection, method, path, {"Host": "localhost", "X-Forwarded-Proto": "https"}, headers, body)

    def start(self, server=""):
        """Starts the responder, and nginx with further lines in the server; the site."""
        Responder(self.deployment).wait_until_listening()
        web_server = WebServer(self.deployment).lift_limits()
        if has_block(self.recipe, "nginx"):
            file = web_server.directory / "sites-enabled/livekit-tokend"
            shared = "/usr/share/livekit-tokend/"
            lines = self.here(block(self.recipe, "nginx")).replace(shared, f"{web_server.directory}/share/")
            text = file.read_text()
            assert "/server.conf;" in text
            file.write_text(text.replace("/server.conf;", f"/{SERVER_LOGIN}\n{lines}{server}"))
        self.web_server = web_server.start()
        self.client = Client(web_server)
        return self

    def ask(self, headers, room="stage-1", scene=None, path="/livekit/token"):
        """nginx's answer to a request for a token."""
        body = {"roomId": room, "sceneId": scene} if path.endswith("/token") else {"room_name": room}
        return self.client.request("POST", path, JSON | headers, json.dumps(body))

    def kill(self):
        if self.client:
            self.client.close()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


class PhpSite(Site):
    """A site of PHP-FPM, whose pages are to be had from nginx alone."""

    CONFIGURATION = """
[global]
error_log = {folder}/php.log
daemonize = no
[app]
{user}
listen = {folder}/php8.2-fpm.sock
listen.mode = 0666
pm = static
pm.max_children = 4
php_admin_value[session.save_path] = {folder}/sessions
"""
    # The app's own pages.
    SERVER = """
    location ~ ^/(sign-in|sign-out|slow)\\.php$ {{
        fastcgi_pass unix:{folder}/php8.2-fpm.sock;
        fastcgi_param SCRIPT_FILENAME {pages}$fastcgi_script_name;
        fastcgi_param REQUEST_METHOD $request_method;
        fastcgi_param CONTENT_TYPE $content_type;
        fastcgi_param CONTENT_LENGTH $content_length;
    }}
"""

    def start(self):
        sessions = self.folder / "sessions"
        sessions.mkdir()
        sessions.chmod(0o1733)
        user = "user = www-data\ngroup = www-data" if os.geteuid() == 0 else ""
        configuration = self.folder / "php-fpm.conf"
        configuration.write_text(self.CONFIGURATION.format(folder=self.folder, user=user))
        path = f"{os.environ['PATH']}:/usr/sbin"
        [program] = [found for version in ("8.2", "8.4") if (found := shutil.which(f"php-fpm{version}", path=path))]
        self.process = subprocess.Popen([program, "--fpm-config", str(configuration)], stdin=subprocess.DEVNULL)
        wait_until((self.folder / "php8.2-fpm.sock").exists, lambda: (self.folder / "php.log").read_text())
        return super().start(self.SERVER.format(folder=self.folder, pages=BACK_ENDS / "php"))

    def at_back_end(self, method, path, headers=None, body=None):
        with Client(self.web_server) as client:
            return answered(client.connection, method, path, {}, headers, body)


def answered(connection, method, path, own, headers, body):
    """Status, headers and body of one answer, at whose end the connection is closed."""
    try:
        connection.request(method, path, body, own | (headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def form(**fields):
    return urllib.parse.urlencode(fields)


def granted(answer):
    """The claims of the LiveKit token in an answer."""
    assert answer.status in (200, 201), answer.body
    body = answer.json()
    return jwt.decode(body.get("token") or body["participant_token"], options={"verify_signature": False})


def refused(answer):
    """The code of a refusal."""
    assert answer.status == 403, answer.body
    return answer.json()["code"]


def roles(claims):
    return json.loads(claims["metadata"])["roles"]
