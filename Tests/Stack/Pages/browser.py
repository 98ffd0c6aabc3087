"""A real browser, Debian's Chromium, driven by Selenium; and web apps for it to visit."""

import base64
import contextlib
import http.server
import importlib.util
import os
import pathlib
import threading

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from support.deployment import ROOT

AXE = pathlib.Path(importlib.util.find_spec("axe_core_python").submodule_search_locations[0], "axe.min.js")


class Browser:
    """A window of Chromium with a page in it; its `with` fails if the page has written errors to the console."""

    def __init__(self, url, width=1280, height=900, scheme="light"):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        # The certificate is one that the test has made. Root needs no sandbox to visit loopback.
        for argument in (
            "headless=new",
            "no-sandbox",
            "ignore-certificate-errors",
            "disable-dev-shm-usage",
            "hide-scrollbars",
            "disable-background-networking",
            "disable-component-update",
        ):
            options.add_argument(f"--{argument}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(60)
        self.driver.set_script_timeout(60)
        self.look(width, height, scheme)
        self.driver.get(url)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.assert_console_is_clean()
        finally:
            self.driver.quit()

    def look(self, width, height, scheme):
        """Sets size and colour scheme; animations are off, so that a picture shows how it ends."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {
                "features": [
                    {"name": "prefers-color-scheme", "value": scheme},
                    {"name": "prefers-reduced-motion", "value": "reduce"},
                ]
            },
        )

    def assert_console_is_clean(self):
        """No error of the page's. That a request was refused Chromium writes there too: that has its own source."""
        errors = [
            entry
            for entry in self.driver.get_log("browser")
            if entry["source"] != "network"
            and entry["level"] in ("SEVERE", "WARNING")
            and "blocked by CORS policy" not in entry["message"]
        ]
        assert not errors, errors

    def __getitem__(self, name):
        return self.driver.find_element(By.ID, name)

    def text(self, name):
        return self[name].text

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def fill(self, **fields):
        for name, value in fields.items():
            self[name].clear()
            self[name].send_keys(value)

    def ask(self, wait=True, **fields):
        self.fill(**fields)
        # Both answers are put away, so that what is waited for is the new one.
        self.js("for (const id of ['success', 'refusal']) document.getElementById(id).hidden = true")
        self["submit"].click()
        if wait:
            self.wait(lambda: self.outcome() is not None)

    def outcome(self):
        return next((name for name in ("success", "refusal") if self[name].is_displayed()), None)

    def wait(self, condition, seconds=60):
        WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(lambda _: condition())

    @contextlib.contextmanager
    def recorded(self, name):
        """What an element comes to be meanwhile, in order, however long a look at it takes: a list that is complete at
        the end of the block, each time its text, its class, and whether it is disabled."""
        states = []
        self.js(
            """
            window.recorded = [];
            window.recorder = new MutationObserver(() => recorded.push(
                [arguments[0].textContent, arguments[0].className, arguments[0].disabled === true]));
            recorder.observe(arguments[0], {attributes: true, childList: true, characterData: true, subtree: true})""",
            self[name],
        )
        try:
            yield states
        finally:
            states += self.js("recorder.disconnect(); return recorded")

    def shot(self, name):
        height, width = self.js("return [document.documentElement.scrollHeight, innerWidth]")
        picture = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot",
            {"captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}},
        )
        shots = pathlib.Path(os.environ["STACK"], "screenshots")
        shots.mkdir(exist_ok=True)
        (shots / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def assert_accessible(self, where):
        self.js(AXE.read_text())
        found = self.driver.execute_async_script(
            "axe.run({resultTypes: ['violations', 'incomplete']}).then(arguments[arguments.length - 1])"
        )
        violations = [
            f"{v['id']}: {n['html'][:120]} {n.get('failureSummary', '')[:300]}"
            for v in found["violations"]
            for n in v["nodes"]
        ]
        assert not violations, f"{where}: {violations}"
        return len(found["passes"])

    def assert_fits(self, where):
        """Nothing is wider than the window."""
        assert self.js("return document.documentElement.scrollWidth <= innerWidth"), where


@contextlib.contextmanager
def web_app(service="", answer=None):
    """Serves the page to try it as a web app at a port of its own; the app's URL.

    Its service is the site at the URL `service`; or this server, which answers every POST with `answer()`.
    """
    directory = ROOT / "nginx/try"

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=directory)

        def do_GET(self):
            if self.path != "/":
                return super().do_GET()
            page = (
                (directory / "index.html")
                .read_text()
                .replace(
                    'name="livekit-tokend" content="/livekit"', f'name="livekit-tokend" content="{service}/livekit"'
                )
            )
            self.reply(200, {"Content-Type": "text/html; charset=utf-8"}, page.encode())

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.reply(*answer())

        def reply(self, status, headers, body):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
