"""The page to try it, and web apps of other origins, in a real browser: Debian's Chromium, driven by Selenium.

    pages.py SCENARIO      one of the functions below whose names do not begin with "_"

What it needs is in the environment: SITE, the directory of a deployment; SITE_URL, where its nginx is; ALICE, a session;
SHORT_URL and SHORT_ALICE, the same of one whose tokens live for ten seconds; APP_PORT, where a web app may listen whose
origin is allowed, and the port after it for one whose origin is not; SHOTS, where screenshots go.
"""

import base64
import contextlib
import functools
import http.server
import importlib.util
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

import yaml
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = pathlib.Path(os.environ["SITE"])
SITE_URL = os.environ["SITE_URL"]
PAGE = f"{SITE_URL}/livekit/try/"
ALICE = os.environ["ALICE"]
APP_PORT = int(os.environ["APP_PORT"])
SHOTS = pathlib.Path(os.environ["SHOTS"])
AXE = pathlib.Path(importlib.util.find_spec("axe_core_python").submodule_search_locations[0], "axe.min.js")


# --- The browser ------------------------------------------------------------------------------------------------------


class Browser:
    def __init__(self, url=PAGE, width=1280, height=900, scheme="light"):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        # The certificate is one that the test has made. Root needs no sandbox to visit loopback.
        for argument in ("headless=new", "no-sandbox", "ignore-certificate-errors", "disable-dev-shm-usage",
                         "hide-scrollbars", "disable-background-networking", "disable-component-update"):
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
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]})

    def assert_console_is_clean(self):
        """No error of the page's. That a request was refused Chromium writes there by itself: that is its own source."""
        errors = [entry for entry in self.driver.get_log("browser")
                  if entry["source"] != "network" and entry["level"] in ("SEVERE", "WARNING")
                  and "blocked by CORS policy" not in entry["message"]]
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
        """What an element comes to be meanwhile, in order, however long a look at it takes: a list that is complete at the
        end of the block, each time its text, its class, and whether it is disabled."""
        states = []
        self.js("""
            window.recorded = [];
            window.recorder = new MutationObserver(() => recorded.push(
                [arguments[0].textContent, arguments[0].className, arguments[0].disabled === true]));
            recorder.observe(arguments[0], {attributes: true, childList: true, characterData: true, subtree: true})""",
                self[name])
        try:
            yield states
        finally:
            states += self.js("recorder.disconnect(); return recorded")

    def shot(self, name):
        height, width = self.js("return [document.documentElement.scrollHeight, innerWidth]")
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}})
        (SHOTS / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def assert_accessible(self, where):
        self.js(AXE.read_text())
        found = self.driver.execute_async_script(
            "axe.run({resultTypes: ['violations', 'incomplete']}).then(arguments[arguments.length - 1])")
        violations = [f"{v['id']}: {n['html'][:120]} {n.get('failureSummary', '')[:300]}"
                      for v in found["violations"] for n in v["nodes"]]
        assert not violations, f"{where}: {violations}"
        return len(found["passes"])

    def assert_fits(self, where):
        """Nothing is wider than the window."""
        assert self.js("return document.documentElement.scrollWidth <= innerWidth"), where


def _equal(found, expected):
    assert found == expected, f"expected {expected!r}, but it is {found!r}"


def _in(part, whole):
    assert part in whole, f"{part!r} is not in {whole!r}"


def _refused(browser, title):
    _equal(browser.outcome(), "refusal")
    _equal(browser.text("refusal-title"), title)


# --- Web apps of other origins --------------------------------------------------------------------------------------


@contextlib.contextmanager
def _web_app(port, directory=ROOT / "nginx/try", answer=None):
    """Serves the files of a directory at http://localhost:port, whose index names this deployment as the service.

    Where an answer is given, the service is this server: it answers every POST so.
    """
    service = "/livekit" if answer else f"{SITE_URL}/livekit"

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=directory)

        def do_GET(self):
            if self.path != "/":
                return super().do_GET()
            page = (pathlib.Path(directory) / "index.html").read_text().replace(
                'name="livekit-tokend" content="/livekit"', f'name="livekit-tokend" content="{service}"')
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

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{port}/"
    finally:
        server.shutdown()
        server.server_close()


# --- Scenarios: yes ---------------------------------------------------------------------------------------------------


def success():
    """A token: who, where, what, until when; what can be copied works; the session is nowhere."""
    with Browser() as browser:
        browser.ask(session=f"Bearer {ALICE} ", room="stage-1", scene="intro", event="launch-2026")
        _equal(browser.outcome(), "success")
        _equal(browser.text("ticket-room"), "stage-1")
        _equal(browser.text("ticket-chips").split("\n"), ["scene intro", "event launch-2026", "as host"])
        _equal(browser.text("who-name"), "Alice Liddell · did:web:alice.example")
        assert re.fullmatch(r"user-[0-9a-f-]{36}", browser.text("who-identity"))
        assert re.fullmatch(r"4:\d\d|5:00", browser.text("clock")), browser.text("clock")
        _equal(browser.text("may").split("\n"), [
            "You may enter the room", "You may see and hear the others", "You may show camera, microphone and screen",
            "You may send messages and data", "You may change your own name and metadata", "You may not moderate others"])
        assert browser["skew"].get_attribute("hidden") is not None
        first = browser.text("clock")
        browser.wait(lambda: browser.text("clock") != first)

        # The link is LiveKit Meet's custom join, with the token whose claims are on show.
        link = urllib.parse.urlsplit(browser["meet"].get_attribute("href"))
        _equal(f"{link.scheme}://{link.netloc}{link.path}", "https://meet.livekit.io/custom")
        query = urllib.parse.parse_qs(link.query)
        _equal(query["liveKitUrl"], ["wss://livekit.example.com"])
        payload = query["token"][0].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        shown = browser.text("claims")
        _in(claims["jti"], shown)
        _in(f'"exp": {claims["exp"]}', shown)
        _in(json.loads(claims["metadata"])["did"], shown)
        _equal(browser["meet"].get_attribute("rel"), "noopener noreferrer")

        # The curl on show, typed as it stands, with the session pasted.
        run = subprocess.run(["bash", "-c", browser.text("code") + " --silent --output /dev/null --write-out '%{http_code}'"],
                             input=f"{ALICE}\n", capture_output=True, text=True, timeout=60,
                             env={**os.environ, "CURL_CA_BUNDLE": f"{SITE}/nginx/tls/fullchain.pem"})
        _equal(run.stdout.strip(), "201")

        # The session is in its field and nowhere else.
        _equal(browser.js("return [localStorage.length, sessionStorage.length, document.cookie, location.href]"),
               [0, 0, "", PAGE])
        assert ALICE not in browser.js("return document.documentElement.outerHTML")
        requested = browser.js("return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin)")
        _equal(set(requested), {SITE_URL})
        browser.driver.refresh()
        _equal(browser["session"].get_attribute("value"), "")


def code_to_copy():
    """Each language has its code, with this server, this room, and no session in it."""
    with Browser() as browser:
        browser.ask(session=ALICE, room="stage-1", scene="intro")
        for tab in browser.driver.find_elements(By.CSS_SELECTOR, "#tabs button"):
            tab.click()
            code = browser.text("code")
            for part in (f"{SITE_URL}/livekit/token-source", "stage-1", "sceneId", "Authorization"):
                _in(part, code)
            assert ALICE not in code
            if tab.text == "Python":
                compile(code, "snippet", "exec")
        # The tabs are one stop, and the arrows go round.
        browser["tab-Python"].send_keys(Keys.ARROW_RIGHT)
        _equal(browser.js("return document.activeElement.id"), "tab-curl")
        _equal(browser["tab-curl"].get_attribute("aria-selected"), "true")


def expiry():
    """A token that lives for ten seconds is on show until it ends, and then is good for nothing."""
    with Browser(f"{os.environ['SHORT_URL']}/livekit/try/") as browser:
        with browser.recorded("ticket") as states:
            browser.ask(session=os.environ["SHORT_ALICE"], room="stage-1")
            _equal(browser.outcome(), "success")
            browser.shot("soon")
            browser.wait(lambda: browser.text("stub-label") == "Expired")
        assert any("soon" in names.split() for _, names, _ in states), "it was never said that it ends soon"
        _equal(browser.text("clock"), "0:00")
        _equal(browser.text("admission"), "No longer good for entering")
        _equal(browser["meet"].get_attribute("href"), None)
        _equal(browser["meet"].get_attribute("aria-disabled"), "true")
        _equal(browser.js("return document.getElementById('announce').textContent"), "The token has expired.")
        browser.shot("expired")
        browser.assert_accessible("expired")
        browser["renew"].click()
        # Another look is soon enough, even if ten seconds are over before it.
        browser.wait(lambda: (browser["meet"].get_attribute("href") or "").startswith("https://meet.livekit.io/custom"))


def without_server():
    """Where the service does not say where LiveKit is, there is a token and no link."""
    def answer():
        answers.append(1)
        if len(answers) == 1:
            return 404, {"Content-Type": "application/problem+json"}, b'{"code":"not_found"}'
        return 200, {"Content-Type": "application/json"}, json.dumps({"token": token, "expiresAt": ""}).encode()

    answers = []
    claims = {"iss": "APIx", "sub": "user-1", "jti": "1", "iat": int(time.time()) - 100, "exp": int(time.time()) + 200,
              "video": {"room": "r", "roomJoin": True, "canPublish": True, "canPublishSources": ["microphone"]}}
    token = "e30." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".x"
    with _web_app(APP_PORT, answer=answer) as url, Browser(url) as browser:
        browser.ask(session="s", room="r")
        _equal(browser.outcome(), "success")
        assert not browser["meet"].is_displayed()
        _in("livekit.url", browser.text("meet-note"))
        _in("You may show your microphone", browser.text("may"))
        _in("You may not show anything else", browser.text("may"))
        _equal(browser.text("who-name"), "nobody with a name")
        # This computer's clock is ahead of that service's; the countdown does not care.
        assert re.search(r"clock is 1\d\d seconds ahead", browser.text("skew")), browser.text("skew")
        assert re.fullmatch(r"5:00|4:\d\d", browser.text("clock")), browser.text("clock")


# --- Scenarios: no ----------------------------------------------------------------------------------------------------


def refusals():
    """What the service itself refuses, in the user's words, with the request id that is in its log."""
    with Browser() as browser:
        # The page says by itself what cannot be asked.
        browser.ask(wait=False)
        _equal(browser.text("session-error"), "Paste a session.")
        _equal(browser.text("room-error"), "Name a room.")
        _equal(browser.js("return document.activeElement.id"), "session")
        browser.ask(wait=False, session="two words", room="stage-1")
        _in("no spaces", browser.text("session-error"))

        forbidden = "This session does not open this room now"
        for fields, title in [
            ({"session": "nobody-knows-this-one", "room": "stage-1"}, "This session is not valid any more"),
            ({"session": ALICE, "room": "nowhere"}, forbidden),
            ({"room": "stage-2"}, forbidden),
            ({"room": "show", "scene": "another"}, forbidden),
            ({"room": "a b", "scene": ""}, "That is no name for a room here"),
            ({"room": "stage-1", "scene": "a/b"}, "That is no name for a scene here"),
            ({"scene": "", "event": "ä"}, "That is no name for an event here"),
            ({"event": "x" * 4096}, "That is too long"),
        ]:
            browser.ask(**fields)
            _refused(browser, title)
            request_id = re.search(r"[0-9a-f]{32}", browser.text("refusal-facts")).group()
            if title != "That is too long":
                _in(request_id, (SITE / "out.log").read_text())
            _equal(browser.js("return document.activeElement.id"), "refusal-title")
            time.sleep(0.6)
        browser.ask(room="nowhere", event="")
        browser.shot("forbidden")
        browser.assert_accessible("forbidden")


def every_code():
    """Each problem that nginx/openapi.yaml knows is one that the page explains."""
    examples = yaml.safe_load((ROOT / "nginx/openapi.yaml").read_text())["components"]["examples"]
    assert len(examples) >= 20
    now = {}

    def answer():
        problem = now["problem"]
        headers = {"Content-Type": "application/problem+json", "X-Request-Id": problem["requestId"]}
        return problem["status"], headers, json.dumps(problem).encode()

    # What no request of the page's can come to.
    unexplained = {"method_not_allowed", "request_timeout", "uri_too_long", "unsupported_media_type", "not_implemented",
                   "http_version_not_supported"}
    with _web_app(APP_PORT, answer=answer) as url, Browser(url) as browser:
        for example in examples.values():
            problem = now["problem"] = example["value"]
            browser.ask(session="s", room="r")
            title = browser.text("refusal-title")
            isGeneral = title == f"The server refused with {problem['status']}"
            _equal(isGeneral, problem["code"] in unexplained)
            _in(problem["code"], browser.text("refusal-facts"))
            _in(problem["detail"], browser.text("refusal-facts"))
            _in(problem["requestId"], browser.text("refusal-facts"))
            _equal(browser.text("refusal-status"), f"Refused with {problem['status']}")
            assert browser.text("refusal-why") and (browser.text("refusal-advice") or isGeneral)
            _equal(browser["retry"].is_displayed(), problem["status"] in (429, 501, 502, 503, 504, 505))


def _ask_too_often(browser):
    """Asks until that is too often, with the page asking by itself all the while, since a browser on a busy machine may
    take longer for a request than the limit wants.

    What the button to retry said then, one after the other, and whether it was disabled; the last is that it can be used.
    """
    browser.js("""
        window.asking = 0;
        window.crowd = setInterval(() => {
            // No queue comes together that would still be asking when the crowd has been told to stop.
            if (window.asking >= 4) return;
            window.asking += 1;
            fetch(arguments[0], {
                method: 'POST', body: '{"roomId":"stage-1"}',
                headers: {'Content-Type': 'application/json', 'Authorization': 'Bearer ' + arguments[1]},
            }).finally(() => window.asking -= 1);
        }, 50)""", f"{SITE_URL}/livekit/token", ALICE)
    try:
        for _ in range(60):
            with browser.recorded("retry") as states:
                browser.ask()
                if browser.outcome() == "refusal":
                    browser.wait(lambda: browser["retry"].is_enabled())
            if browser.outcome() == "refusal":
                return [(words, is_disabled) for words, _, is_disabled in states]
        raise AssertionError("never too often")
    finally:
        browser.js("clearInterval(window.crowd)")
        browser.wait(lambda: browser.js("return window.asking") == 0)


def _counts_down(button):
    """Fails unless the button was disabled, said one second and no more, and then can be used."""
    _equal(button[0], ("Try again in 1 s", True))
    _equal(button[-1], ("Try again", False))
    _equal([words for words, _ in button if words not in ("Try again in 1 s", "Try again")], [])


def limits_and_faults():
    """Too many requests, and a service that is away or says nothing: what it is, and a way back."""
    with Browser() as browser:
        browser.fill(session=ALICE, room="stage-1")
        button = _ask_too_often(browser)
        _refused(browser, "Too many requests at once")
        _counts_down(button)
        browser.shot("rate-limited")
        time.sleep(1)
        browser["retry"].click()
        browser.wait(lambda: browser.outcome() == "success")

        responder = int((SITE / "responder.pid").read_text())
        os.kill(responder, signal.SIGSTOP)
        try:
            browser.ask()
            _refused(browser, "The service took too long")
        finally:
            os.kill(responder, signal.SIGCONT)
        time.sleep(1)

        # The web server itself is away, while this device is connected.
        nginx = int((SITE / "nginx.pid").read_text())
        os.kill(nginx, signal.SIGSTOP)
        workers = [int(pid) for pid in pathlib.Path(f"/proc/{nginx}/task/{nginx}/children").read_text().split()]
        assert workers
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        try:
            browser.ask()
            _refused(browser, "No answer within ten seconds")
        finally:
            for worker in [*workers, nginx]:
                os.kill(worker, signal.SIGCONT)


def offline():
    """Without a network the page says so, keeps what was typed, and goes on when it is back."""
    with Browser() as browser:
        browser.fill(session=ALICE, room="stage-1")
        network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        browser.driver.execute_cdp_cmd("Network.enable", {})
        browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": True, **network})
        browser.ask()
        _refused(browser, "You are offline")
        browser.shot("offline")
        browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **network})
        browser["retry"].click()
        browser.wait(lambda: browser.outcome() == "success")


def other_origins():
    """A page of an allowed origin fetches a token, and reads a 429; one of a foreign origin reads nothing."""
    with _web_app(APP_PORT) as url, Browser(url) as browser:
        browser.ask(session=ALICE, room="stage-1")
        _equal(browser.outcome(), "success")
        assert re.search(r"[0-9a-f]{32}", browser.text("success-request"))
        button = _ask_too_often(browser)
        _refused(browser, "Too many requests at once")
        # X-Request-Id and Retry-After can be read, so the button counts down.
        assert re.search(r"[0-9a-f]{32}", browser.text("refusal-facts"))
        _counts_down(button)
    time.sleep(2)
    with _web_app(APP_PORT + 1) as url, Browser(url) as browser:
        browser.ask(session=ALICE, room="stage-1")
        _refused(browser, "This page may not read the answer")
        _in(f"http://localhost:{APP_PORT + 1}", browser.text("refusal-advice"))
        browser.shot("foreign-origin")
        # Not even without a preflight: what comes back is opaque or nothing.
        result = browser.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "fetch(arguments[0], {method: 'POST', body: '{}'}).then(() => done('read'), (error) => done(error.name))",
            f"{SITE_URL}/livekit/token")
        _equal(result, "TypeError")


# --- Scenarios: everybody -----------------------------------------------------------------------------------------------


def keyboard():
    """All of it without a mouse, in the order in which it stands there, and one sees where one is."""
    with Browser() as browser:
        def active():
            return browser.js("const e = document.activeElement; return e.id || e.className || e.tagName")

        def press(*keys):
            webdriver.ActionChains(browser.driver).send_keys(*keys).perform()

        def stops(count):
            found = []
            for _ in range(count):
                press(Keys.TAB)
                found.append(active())
                outline = browser.js("const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]")
                assert outline[0] != "none" and outline[1] != "0px", f"{found[-1]}: {outline}"
            return found

        _equal(stops(7), ["skip", "session", "reveal", "room", "scene", "event", "submit"])
        browser["session"].send_keys(ALICE)
        browser["room"].send_keys("stage-1")
        press(Keys.ENTER)
        browser.wait(lambda: browser.outcome() == "success")
        _equal(active(), "ticket-room")
        _equal(stops(8), ["meet", "copy-token", "renew", "copy-code", "tab-curl", "code", "copy-claims", "claims"])
        browser["reveal"].send_keys(Keys.SPACE)
        _equal(browser["session"].get_attribute("type"), "text")
        _equal(browser["reveal"].get_attribute("aria-pressed"), "true")


def accessibility():
    """axe-core finds nothing, in either colour scheme, wide and narrow, whatever is on show; and nothing is cut off."""
    rules = 0
    with Browser() as browser:
        for width, height in ((1280, 900), (320, 640)):
            for scheme in ("light", "dark"):
                browser.driver.get(PAGE)
                browser.look(width, height, scheme)
                where = f"{width}-{scheme}"

                def examine(state):
                    browser.assert_fits(f"{where} {state}")
                    browser.shot(f"{where}-{state}")
                    return browser.assert_accessible(f"{where} {state}")

                rules = max(rules, examine("blank"))
                browser.ask(wait=False, session="two words", room="")
                examine("incomplete")
                time.sleep(1)
                browser.ask(session=ALICE, room="stage-1", scene="intro", event="launch-2026")
                rules = max(rules, examine("ticket"))
                browser.ask(room="nowhere")
                examine("refusal")
                _equal(browser.js("""
                    return [...document.querySelectorAll('button, a.primary, input')].filter((e) => e.offsetParent)
                        .filter((e) => e.getBoundingClientRect().height < 36).map((e) => e.id || e.textContent)"""), [])
    print(f"axe-core: {rules} rules, no violation")


def policy():
    """The page runs under its Content-Security-Policy: nothing inline, nothing from elsewhere, no frame."""
    with Browser() as browser:
        for attempt in ("document.body.append(Object.assign(document.createElement('img'), {src: 'https://127.0.0.1:1/x'}))",
                        "document.body.setAttribute('style', 'color: red')",
                        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))",
                        "fetch('https://localhost:1/').catch(() => {})"):
            blocked = browser.driver.execute_async_script(f"""
                const done = arguments[arguments.length - 1];
                document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective), {{once: true}});
                setTimeout(() => done(null), 30000);
                try {{ {attempt} }} catch (error) {{ }}""")
            assert blocked, attempt
        _equal(browser.js("return window.ran ?? null"), None)
        # Those were ours to see.
        browser.driver.get_log("browser")


if __name__ == "__main__":
    SHOTS.mkdir(exist_ok=True)
    globals()[sys.argv[1]]()
